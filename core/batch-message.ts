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
}

const MESSAGE_VERSION = 1;

export function encodeBatchMessage(message: BatchMessage): string {
  return JSON.stringify({
    v: MESSAGE_VERSION,
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
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = value as Record<string, unknown>;
  const bytes: unknown[] = Array.isArray(fields['bytes']) ? fields['bytes'] : [];
  const [startByte, endByte] = bytes;
  const { v, job, manifest, batch, key, first, items } = fields;
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
  };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
