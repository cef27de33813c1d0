/** Reads a batch's items from the bucket. For a dataset of objects it also fetches the objects as local files. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { errorText } from '../../core/error-text.js';
import type { BatchMessage } from '../../core/contract/batch-message.js';
import {
  decodeInputLine,
  decodeObjectReference,
  type InputLine,
  type ObjectReference,
} from '../../core/contract/input-line.js';
import type { DatasetSpec } from '../../core/contract/job.js';
import { digestOfFileKey } from '../../core/contract/keys.js';
import { mapBounded } from '../../core/map-bounded.js';
import type { ObjectItem } from '../../core/contract/model-api.js';
import { ObjectMissing, ObjectRefused } from '../../core/contract/object-store.js';
import { encodeResultLine, failedLine, ITEM_ERROR_CODES, type ItemError } from '../../core/contract/result-line.js';
import type { BatchItem, ComputedItem } from '../slot/slot.js';
import { retry } from '../retry.js';
import type { Clock, ObjectStore } from '../ports.js';

/** This many downloads hide S3's latency. With more, each is only slower. */
const DOWNLOADS_AT_ONCE = 16;

/** The page size of a file system in memory. https://docs.kernel.org/filesystems/tmpfs.html */
const PAGE_BYTES = 4_096;
const NEWLINE = 10;

/** The retries take half a minute in all, as for the outcome. If S3 refuses for longer, it is an attempt. */
const READ_PAUSES = { firstPauseMs: 500, lastPauseMs: 16_000 };

/**
 * The batch cannot be tried here and now, which counts as an attempt (docs/reference/protocol.md, "What an outcome means").
 */
export class BatchFault extends Error {
  override readonly name = 'BatchFault';
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  get itemError(): ItemError {
    return { code: this.code, message: this.message };
  }
}

/** The place where a batch's input goes on, in its part and in the dataset. */
export interface InputPosition {
  readonly byte: number;
  readonly index: number;
}

export interface BatchInput {
  /** The items for the slot, in order of index. */
  readonly items: readonly BatchItem[];
  /** The items that have failed already: lines that could not be read, objects that could not be fetched. */
  readonly failed: readonly ComputedItem[];
  /** The size of the objects that the items name, as their dataset says; 0 for items that are lines. */
  readonly objectBytes: number;
  /** Undefined at the batch's end. */
  readonly next: InputPosition | undefined;
}

export interface InputReader {
  readonly store: ObjectStore;
  /** Returns the store of a bucket: the objects of a dataset may be in any bucket. */
  readonly storeOf: (bucket: string) => ObjectStore;
  /** The stack's own bucket, in which the key of an uploaded file says which bytes it has. */
  readonly bucket?: string;
}

export interface ReadInputOptions {
  readonly from: InputPosition;
  /** Only lines that end before this byte are read. */
  readonly endByte: number;
  /**
   * For a dataset of objects: stop before the line whose objects would exceed this size, but read at least one line.
   */
  readonly mostObjectBytes: number;
  readonly isDone: (index: number) => boolean;
  readonly clock: Clock;
  /** It is called when a read failed and is retried. */
  readonly onTrouble: (error: unknown) => void;
  readonly signal: AbortSignal;
}

/** Leaves out the items for which `isDone` is true. Returns undefined when no line ends before `endByte`. */
export async function readInput(
  store: ObjectStore,
  message: BatchMessage,
  kind: DatasetSpec['kind'],
  options: ReadInputOptions,
): Promise<BatchInput | undefined> {
  const piece = await readLines(store, message, options);
  if (piece === undefined) return undefined;
  const { lines, next } = piece;
  const { from, isDone, mostObjectBytes } = options;
  const items: BatchItem[] = [];
  const failed: ComputedItem[] = [];
  let objectBytes = 0;
  let { byte } = from;
  for (const [offset, line] of lines.entries()) {
    const index = from.index + offset;
    const input = decodeInputLine(line);
    if (kind === 'objects') {
      const bytes = isDone(index) ? 0 : sizeOf(input);
      if (objectBytes > 0 && objectBytes + bytes > mostObjectBytes) {
        return { items, failed, objectBytes, next: { byte, index } };
      }
      objectBytes += bytes;
      byte += Buffer.byteLength(line) + 1;
    }
    if (isDone(index)) continue;
    if (input.kind === 'bad') failed.push(failedItem(index, input.error));
    else items.push({ index, input });
  }
  return { items, failed, objectBytes, next };
}

export interface FetchOptions extends Pick<ReadInputOptions, 'clock' | 'onTrouble' | 'signal'> {
  /** The directory is created; the caller removes it. */
  readonly directory: string;
  /** Returns the store of a bucket: the objects of a dataset may be in any bucket. */
  readonly storeOf: (bucket: string) => Pick<ObjectStore, 'stream'>;
  /** The stack's own bucket, if it is known. */
  readonly bucket?: string;
}

/** Fetches the objects that the items name, as local files. */
export async function fetchObjects(input: BatchInput, options: FetchOptions): Promise<BatchInput> {
  await mkdir(options.directory, { recursive: true });
  const fetched = await fetchAll(input.items, options);
  return {
    ...input,
    items: fetched.filter((item) => 'input' in item),
    failed: [...input.failed, ...fetched.filter((item) => 'line' in item)],
  };
}

/** When one fetch fails, the others are aborted and waited for, so that nothing is written after the rejection. */
async function fetchAll(
  items: readonly BatchItem[],
  options: FetchOptions,
): Promise<readonly (BatchItem | ComputedItem)[]> {
  const failing = new AbortController();
  const signal = AbortSignal.any([options.signal, failing.signal]);
  const fetches: Promise<unknown>[] = [];
  try {
    return await mapBounded(items, DOWNLOADS_AT_ONCE, (item) => {
      const fetched = fetchObject(item, { ...options, signal });
      fetches.push(fetched);
      return fetched;
    });
  } catch (error) {
    failing.abort(error);
    await Promise.allSettled(fetches);
    throw error;
  }
}

export const removeInput = (directory: string): Promise<void> => rm(directory, { recursive: true, force: true });

interface Lines {
  readonly lines: readonly string[];
  readonly next: InputPosition | undefined;
}

async function readLines(
  store: ObjectStore,
  message: BatchMessage,
  options: ReadInputOptions,
): Promise<Lines | undefined> {
  const { endByte, from, signal } = options;
  const { key } = message;
  const where = `bytes ${from.byte} to ${endByte} of ${key}`;
  let text: string;
  let nextByte = endByte;
  try {
    const readOnce = () => store.get(key, { signal, range: { startByte: from.byte, endByte } });
    const stored = await retry(readOnce, { ...READ_PAUSES, ...options });
    if (stored === undefined) throw new BatchFault('InputUnreadable', `There is no object ${key}.`);
    let { body } = stored;
    if (body.length !== endByte - from.byte) {
      throw new BatchFault('InputUnreadable', `Only ${body.length} of ${where} exist.`);
    }
    if (endByte < message.endByte) {
      body = body.subarray(0, body.lastIndexOf(NEWLINE) + 1);
      if (body.length === 0) return undefined;
      nextByte = from.byte + body.length;
    }
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof BatchFault) throw error;
    throw new BatchFault('InputUnreadable', `Reading ${where} failed: ${errorText(error)}`, { cause: error });
  }
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const nextIndex = from.index + lines.length;
  const isEnd = nextByte === message.endByte;
  const items = nextIndex - message.firstIndex;
  if (isEnd ? items !== message.items : items > message.items) {
    throw new BatchFault(
      'InputUnreadable',
      `There are ${items} items in bytes ${message.startByte} to ${nextByte} of ${key}, not ${message.items}.`,
    );
  }
  return { lines, next: isEnd ? undefined : { byte: nextByte, index: nextIndex } };
}

async function fetchObject(item: BatchItem, options: FetchOptions): Promise<BatchItem | ComputedItem> {
  if (item.input.kind === 'bad') return item;
  const reference = decodeObjectReference(item.input.json);
  if (reference === undefined) {
    const message = 'The line of this item in the uploaded dataset names no object in S3.';
    return failedItem(item.index, { code: ITEM_ERROR_CODES.objectUnreadable, message });
  }
  const { bucket, key, name = key } = reference;
  // The name never becomes a path. Only an ordinary extension is kept, for models that look at it.
  const ending = /\.[A-Za-z0-9]{1,12}$/.exec(name)?.[0] ?? '';
  const file = path.join(options.directory, `${item.index}${ending}`);
  try {
    await retry(() => copyObject(reference, file, options), { ...READ_PAUSES, ...options });
  } catch (error) {
    options.signal.throwIfAborted();
    if (error instanceof ObjectMissing || error instanceof ObjectRefused) {
      await rm(file, { force: true });
      const message = `s3://${bucket}/${key} cannot be read: ${error.message}`;
      return failedItem(item.index, { code: ITEM_ERROR_CODES.objectUnreadable, message });
    }
    throw new BatchFault('InputUnreadable', `Fetching s3://${bucket}/${key} failed: ${errorText(error)}`, {
      cause: error,
    });
  }
  const object: ObjectItem = { name, key, path: file };
  return { index: item.index, input: { kind: 'item', json: JSON.stringify(object) } };
}

/** Throws `ObjectRefused` for an object that is not the one of the line, because a retry would get the same one. */
async function copyObject(
  { bucket, key, size }: ObjectReference,
  file: string,
  { storeOf, bucket: own, signal }: FetchOptions,
): Promise<void> {
  const digest = bucket === own ? digestOfFileKey(key) : undefined;
  const hash = digest === undefined ? undefined : createHash('sha256');
  let bytes = 0;
  const checked = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of storeOf(bucket).stream(key, { signal })) {
      bytes += chunk.length;
      // The room on the disk and in memory was taken for the size that the line gives.
      if (bytes > size) throw new ObjectRefused(`It has more than the ${size} bytes that it had at the submit.`);
      hash?.update(chunk);
      yield chunk;
    }
  };
  await pipeline(Readable.from(checked()), createWriteStream(file), { signal });
  if (hash !== undefined && (bytes !== size || hash.digest('hex') !== digest)) {
    throw new ObjectRefused('Its bytes are not those of the file that was submitted.');
  }
}

/** The memory that an object takes in a file system in memory: whole pages, at least one. */
function sizeOf(input: InputLine): number {
  if (input.kind === 'bad') return 0;
  const size = decodeObjectReference(input.json)?.size ?? 0;
  return Math.max(1, Math.ceil(size / PAGE_BYTES)) * PAGE_BYTES;
}

function failedItem(index: number, error: ItemError): ComputedItem {
  return { index, ok: false, line: encodeResultLine(failedLine(index, error)) };
}
