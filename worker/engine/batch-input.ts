/** A batch's items, from its bytes in the bucket; of a dataset of objects also the objects, as local files. */
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { BatchMessage } from '../../core/batch-message.js';
import { decodeInputLine, type InputLine, type ObjectReference } from '../../core/input-line.js';
import type { DatasetSpec } from '../../core/job.js';
import { mapBounded } from '../../core/map-bounded.js';
import type { ObjectItem } from '../../core/model-api.js';
import { ObjectMissing, ObjectRefused } from '../../core/object-store.js';
import { encodeResultLine, failedLine, ITEM_ERROR_CODES, type ItemError } from '../../core/result-line.js';
import type { BatchItem, ComputedItem } from '../model/batch-computer.js';
import { outlast } from '../outlast.js';
import type { Clock, ObjectStore } from '../ports.js';

/** Enough to hide S3's latency behind its bandwidth; more only makes one instance's network slower for each. */
const DOWNLOADS_AT_ONCE = 16;

/** Half a minute in all, as for the outcome: what S3 refuses for longer is an attempt. */
const READ_PAUSES = { firstPauseMs: 500, lastPauseMs: 16_000 };

/** The batch cannot be tried here and now: an attempt (docs/architecture.md, "What an outcome means"). */
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

export interface BatchInput {
  /** For the slot, in order of index. */
  readonly items: readonly BatchItem[];
  /** Items that have failed already: lines that were not readable, objects that cannot be fetched. */
  readonly failed: readonly ComputedItem[];
}

export interface InputReader {
  readonly store: ObjectStore;
  /** Objects of a dataset may be in any bucket. */
  readonly storeOf: (bucket: string) => ObjectStore;
}

export interface ReadInputOptions {
  readonly isDone: (index: number) => boolean;
  readonly directory: string;
  readonly clock: Clock;
  /** Something could not be read, and is tried again. */
  readonly onTrouble: (error: unknown) => void;
  readonly signal: AbortSignal;
}

/** Items for which `isDone` are left out. `directory` is made when objects are fetched, and is the caller's to remove. */
export async function readInput(
  reader: InputReader,
  message: BatchMessage,
  kind: DatasetSpec['kind'],
  options: ReadInputOptions,
): Promise<BatchInput> {
  const lines = await readLines(reader.store, message, options);
  const items: BatchItem[] = [];
  const failed: ComputedItem[] = [];
  for (const [offset, line] of lines.entries()) {
    const index = message.firstIndex + offset;
    if (options.isDone(index)) continue;
    const input = decodeLine(line, index);
    if (input.kind === 'bad') failed.push(failedItem(index, input.error));
    else items.push({ index, input });
  }
  if (kind === 'lines') return { items, failed };
  await mkdir(options.directory, { recursive: true });
  const fetched = await mapBounded(items, DOWNLOADS_AT_ONCE, (item) => fetchObject(reader, item, options));
  return {
    items: fetched.filter((item) => 'input' in item),
    failed: [...failed, ...fetched.filter((item) => 'line' in item)],
  };
}

export const removeInput = (directory: string): Promise<void> => rm(directory, { recursive: true, force: true });

async function readLines(
  store: ObjectStore,
  message: BatchMessage,
  options: ReadInputOptions,
): Promise<readonly string[]> {
  const { signal } = options;
  const { key, startByte, endByte } = message;
  const where = `bytes ${startByte} to ${endByte} of ${key}`;
  let text: string;
  try {
    const readOnce = () => store.get(key, { signal, range: { startByte, endByte } });
    const stored = await outlast(readOnce, { ...READ_PAUSES, ...options });
    if (stored === undefined) throw new BatchFault('InputUnreadable', `There is no object ${key}.`);
    if (stored.body.length !== endByte - startByte) {
      throw new BatchFault('InputUnreadable', `Only ${stored.body.length} of ${where} are there.`);
    }
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(stored.body);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof BatchFault) throw error;
    throw new BatchFault('InputUnreadable', `Reading ${where} failed: ${messageOf(error)}`, { cause: error });
  }
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  if (lines.length !== message.items) {
    throw new BatchFault('InputUnreadable', `There are ${lines.length} items in ${where}, not ${message.items}.`);
  }
  return lines;
}

function decodeLine(line: string, index: number): InputLine {
  try {
    return decodeInputLine(line);
  } catch (error) {
    throw new BatchFault('InputUnreadable', `The line of item ${index} is damaged: ${messageOf(error)}`);
  }
}

async function fetchObject(
  reader: InputReader,
  item: BatchItem,
  options: ReadInputOptions,
): Promise<BatchItem | ComputedItem> {
  if (item.input.kind === 'bad') return item;
  const { bucket, key } = JSON.parse(item.input.json) as ObjectReference;
  // The key never becomes a path: only an ordinary ending is kept, for models that look at it.
  const ending = /\.[A-Za-z0-9]{1,12}$/.exec(key)?.[0] ?? '';
  const file = path.join(options.directory, `${item.index}${ending}`);
  try {
    const { signal } = options;
    const body = () => Readable.from(reader.storeOf(bucket).stream(key, { signal }));
    const fetchOnce = () => pipeline(body(), createWriteStream(file), { signal });
    await outlast(fetchOnce, { ...READ_PAUSES, ...options });
  } catch (error) {
    options.signal.throwIfAborted();
    if (error instanceof ObjectMissing || error instanceof ObjectRefused) {
      const message = `s3://${bucket}/${key} cannot be read: ${error.message}`;
      return failedItem(item.index, { code: ITEM_ERROR_CODES.objectUnreadable, message });
    }
    throw new BatchFault('InputUnreadable', `Fetching s3://${bucket}/${key} failed: ${messageOf(error)}`, {
      cause: error,
    });
  }
  const object: ObjectItem = { key, path: file };
  return { index: item.index, input: { kind: 'item', json: JSON.stringify(object) } };
}

function failedItem(index: number, error: ItemError): ComputedItem {
  return { index, ok: false, line: encodeResultLine(failedLine(index, error)) };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
