/** The message of a batch: what it is and where its items are, never the items themselves. */

/** Where a batch's items are: bytes `[startByte, endByte)` of an input part. */
export interface BatchLocation {
  readonly batch: number;
  readonly key: string;
  readonly startByte: number;
  readonly endByte: number;
  /** Position in the dataset of the batch's first item. */
  readonly firstIndex: number;
  readonly items: number;
}

export interface BatchMessage extends BatchLocation {
  readonly job: string;
  /** SHA-256 (hex) of `job.json` as stored: a message of another manifest is discarded. */
  readonly manifestDigest: string;
  /** The lowest version of the worker that may take it; any when absent. */
  readonly worker?: string | undefined;
}

/** What messages of all versions say, under these names: so that a worker can hand back what is too new for it, instead of discarding it. */
export interface MessageNeeds {
  readonly worker: string;
  readonly job: string;
  readonly batch: number;
}

const MESSAGE_VERSION = 1;

export function encodeBatchMessage(message: BatchMessage): string {
  return JSON.stringify({
    v: MESSAGE_VERSION,
    worker: message.worker,
    job: message.job,
    manifest: message.manifestDigest,
    batch: message.batch,
    key: message.key,
    bytes: [message.startByte, message.endByte],
    first: message.firstIndex,
    items: message.items,
  });
}

/** Undefined for anything that is not a message of this version: the caller discards it, with an event. */
export function decodeBatchMessage(body: string): BatchMessage | undefined {
  const fields = fieldsOf(body);
  const bytes: unknown[] = Array.isArray(fields['bytes']) ? fields['bytes'] : [];
  const [startByte, endByte] = bytes;
  const { v, worker, job, manifest, batch, key, first, items } = fields;
  if (v !== MESSAGE_VERSION || typeof job !== 'string' || typeof manifest !== 'string' || typeof key !== 'string') {
    return undefined;
  }
  if (![batch, first, items, startByte, endByte].every(isCount)) return undefined;
  return {
    job,
    manifestDigest: manifest,
    batch: batch as number,
    key,
    startByte: startByte as number,
    endByte: endByte as number,
    firstIndex: first as number,
    items: items as number,
    ...(typeof worker === 'string' ? { worker } : {}),
  };
}

/** Undefined when it asks for no version of the worker. */
export function messageNeeds(body: string): MessageNeeds | undefined {
  const { worker, job, batch } = fieldsOf(body);
  return typeof worker === 'string' && typeof job === 'string' && isCount(batch) ? { worker, job, batch } : undefined;
}

function fieldsOf(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
