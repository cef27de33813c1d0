/**
 * Reads result lines in the bucket one by one, and merges them, in order of index, into the outcome of a batch whose
 * results are not all in memory.
 *
 * Invariant: At most one chunk is held of each run that is being read. Runs are read forward only, each from its first
 * own line to its last.
 */
import { isUtf8 } from 'node:buffer';
import type { Range } from '../../core/dataset/ranges.js';
import type { ComputedItem } from '../slot/slot.js';
import type { ObjectStore } from '../ports.js';
import type { HeldBatch, StoredRun } from './held-batch.js';

const NEWLINE = 10;
/** Lines are passed on in pieces of about this size. */
const PIECE_BYTES = 64 * 1024;

/** Yields lines with their newlines. Text behind the last newline is not a line. */
export async function* splitLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      const line = bytes.subarray(start, end + 1);
      yield rest.length === 0 ? line : Buffer.concat([...rest, line]);
      rest = [];
      start = end + 1;
    }
    if (start < bytes.length) rest.push(bytes.subarray(start));
  }
}

/** The form that `encodeResultLine` writes. The output itself is not parsed. */
const RESULT_START = /^\{"index":(\d{1,16}),"ok":(true|false),/;
const LONGEST_START = 48;

/**
 * Returns undefined for bytes that are not UTF-8 as well: decoding them would change the result, so the item counts as
 * not finished.
 */
export function headOf(line: Buffer): { readonly index: number; readonly ok: boolean } | undefined {
  const match = RESULT_START.exec(line.toString('latin1', 0, LONGEST_START));
  return match === null || !isUtf8(line) ? undefined : { index: Number(match[1]), ok: match[2] === 'true' };
}

/** Whether the line is JSON in UTF-8. An outcome takes the line's text as it is. */
export function isWhole(line: Buffer): boolean {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(line));
    return true;
  } catch {
    return false;
  }
}

/** Yields every finished item of the batch, in order of index. */
export async function* finishedLines(
  batch: HeldBatch,
  store: ObjectStore,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const inMemory = batch.sortedResults();
  const readers = batch.runs.map((run) => new RunReader(run, store, signal));
  const sources: Source[] = [
    ...readers.flatMap((reader) =>
      reader.run.own.map((range) => ({ range, lines: (wanted: Range) => reader.read(wanted) })),
    ),
    ...rangesOf(inMemory).map(({ range, items }) => ({ range, lines: () => encoded(items) })),
  ];
  try {
    let piece: Uint8Array[] = [];
    let bytes = 0;
    for (const { range, lines } of sources.sort((a, b) => a.range.first - b.range.first)) {
      for await (const line of lines(range)) {
        piece.push(line);
        bytes += line.length;
        if (bytes < PIECE_BYTES) continue;
        yield Buffer.concat(piece);
        piece = [];
        bytes = 0;
      }
    }
    yield Buffer.concat(piece);
  } finally {
    // The readers are closed even if the writer has failed, so that no body stays half-read.
    await Promise.all(readers.map((reader) => reader.close()));
  }
}

interface Source {
  readonly range: Range;
  readonly lines: (range: Range) => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** Reads one run, range by range, in order. */
class RunReader {
  #lines: AsyncGenerator<Buffer> | undefined;

  readonly #store: ObjectStore;
  readonly #signal: AbortSignal;

  constructor(
    readonly run: StoredRun,
    store: ObjectStore,
    signal: AbortSignal,
  ) {
    this.#store = store;
    this.#signal = signal;
  }

  async *read({ first, last }: Range): AsyncGenerator<Buffer> {
    const { key, own } = this.run;
    this.#lines ??= splitLines(this.#store.stream(key, { signal: this.#signal }));
    for (let index = first; index <= last;) {
      const next = await this.#lines.next();
      if (next.done === true) throw new Error(`The finished item ${index} is not in ${key} any more.`);
      if (headOf(next.value)?.index !== index) continue;
      yield next.value;
      index += 1;
    }
    if (last === own.at(-1)?.last) await this.close();
  }

  async close(): Promise<void> {
    await this.#lines?.return(undefined);
  }
}

function rangesOf(
  items: readonly ComputedItem[],
): { readonly range: Range; readonly items: readonly ComputedItem[] }[] {
  const ranges: { range: { first: number; last: number }; items: ComputedItem[] }[] = [];
  for (const item of items) {
    const open = ranges.at(-1);
    if (open?.range.last === item.index - 1) {
      open.range.last = item.index;
      open.items.push(item);
    } else ranges.push({ range: { first: item.index, last: item.index }, items: [item] });
  }
  return ranges;
}

function* encoded(items: readonly ComputedItem[]): Generator<Uint8Array> {
  for (const item of items) yield Buffer.from(item.line);
}
