/**
 * Fetches the bytes of a row group's columns. The ranges of columns that stand beside each other are merged and fetched in pieces. A group whose packed bytes do not
 * fit is read through a window for each column instead, so that memory has a bound whatever the size of a group is.
 */
import type { RangedSource } from '../ports.js';
import { damaged } from './faults.js';

export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Packed bytes of a row group that are held at once. Writers make groups of 128 MB at most, unless they are told otherwise. */
const MAX_HELD_BYTES = 128 * 1024 * 1024;
/** One read. Each needs a request when the dataset is in S3. */
const PIECE_BYTES = 8 * 1024 * 1024;
/** Bytes between two columns that are read and dropped, because a request more would cost more. */
const MAX_GAP_BYTES = 64 * 1024;
/** A smaller window would need too many requests. */
const LEAST_WINDOW_BYTES = 256 * 1024;

/** Gives the bytes of one column in order. */
export class ChunkBytes {
  readonly #source: RangedSource;
  readonly #signal: AbortSignal;
  readonly #end: number;
  readonly #windowBytes: number;
  /** The bytes from `#at` on, as far as they are here. */
  #held: Uint8Array;
  #at: number;

  constructor(source: RangedSource, signal: AbortSignal, range: ByteRange, held: Uint8Array, windowBytes: number) {
    this.#source = source;
    this.#signal = signal;
    this.#end = range.end;
    this.#at = range.start;
    this.#held = held;
    this.#windowBytes = windowBytes;
  }

  get left(): number {
    return this.#end - this.#at;
  }

  /** Returns the next `bytes` at least, or as many as there are. They stay the next ones. */
  async peek(bytes: number): Promise<Uint8Array> {
    const want = Math.min(bytes, this.left);
    if (this.#held.length >= want) return this.#held;
    const from = this.#at + this.#held.length;
    const to = Math.min(this.#end, Math.max(this.#at + want, from + this.#windowBytes));
    const more = await readRange(this.#source, { start: from, end: to }, this.#signal);
    this.#held = this.#held.length === 0 ? more : Buffer.concat([this.#held, more]);
    return this.#held;
  }

  async take(bytes: number): Promise<Uint8Array> {
    const held = await this.peek(bytes);
    this.#held = held.subarray(bytes);
    this.#at += bytes;
    return held.subarray(0, bytes);
  }
}

/** Returns the bytes of each range, in the order of `ranges`. */
export async function openChunks(
  source: RangedSource,
  ranges: readonly ByteRange[],
  signal: AbortSignal,
  mostHeld = MAX_HELD_BYTES,
): Promise<readonly ChunkBytes[]> {
  const total = ranges.reduce((sum, { start, end }) => sum + end - start, 0);
  if (total > mostHeld) {
    const windowBytes = Math.max(LEAST_WINDOW_BYTES, Math.min(PIECE_BYTES, Math.floor(mostHeld / ranges.length)));
    return ranges.map((range) => new ChunkBytes(source, signal, range, new Uint8Array(), windowBytes));
  }
  const held = new Map<ByteRange, Uint8Array>();
  for (const run of mergedRuns(ranges)) {
    const bytes = await readRange(source, run, signal);
    for (const range of run.ranges) held.set(range, bytes.subarray(range.start - run.start, range.end - run.start));
  }
  return ranges.map((range) => new ChunkBytes(source, signal, range, held.get(range) ?? new Uint8Array(), PIECE_BYTES));
}

interface Run extends ByteRange {
  readonly ranges: readonly ByteRange[];
}

function mergedRuns(ranges: readonly ByteRange[]): Run[] {
  const runs: Run[] = [];
  for (const range of ranges.toSorted((a, b) => a.start - b.start)) {
    const last = runs.at(-1);
    if (last !== undefined && range.start <= last.end + MAX_GAP_BYTES) {
      runs[runs.length - 1] = {
        start: last.start,
        end: Math.max(last.end, range.end),
        ranges: [...last.ranges, range],
      };
    } else {
      runs.push({ ...range, ranges: [range] });
    }
  }
  return runs;
}

async function readRange(source: RangedSource, { start, end }: ByteRange, signal: AbortSignal): Promise<Uint8Array> {
  const whole = end - start <= PIECE_BYTES ? undefined : Buffer.allocUnsafe(end - start);
  for (let from = start; from < end; from += PIECE_BYTES) {
    const to = Math.min(end, from + PIECE_BYTES);
    const piece = await source.read(from, to, signal);
    if (piece.length !== to - from) throw damaged(source.name, `it ends before byte ${to}`);
    if (whole === undefined) return piece;
    whole.set(piece, from - start);
  }
  return whole ?? new Uint8Array();
}
