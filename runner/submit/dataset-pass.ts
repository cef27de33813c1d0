/**
 * Reads a dataset once, cuts it into parts and batches, and computes its digest, in bounded memory.
 *
 * Invariant: parts, batches and digest depend only on the items and the sizes, never on how the bytes arrived. So a repeated
 * submission gets the same ones.
 */
import { createHash, type Hash } from 'node:crypto';
import type { BatchLocation } from '../../core/contract/batch-message.js';
import { BatchPlanner, type BatchSizes } from '../../core/dataset/batch-planner.js';
import { decodeInputLine } from '../../core/contract/input-line.js';
import type { SlotPace } from '../../core/dataset/paced-sizes.js';
import { inputPartKey } from '../../core/contract/keys.js';
import type { ProbeItem } from '../../core/probe/probe.js';
import type { KeptParts } from './kept-parts.js';
import { isBadLineAt, type ItemGroup, itemOf } from '../dataset/item-group.js';

/** Small enough that an interrupted upload loses little, large enough that a dataset has few parts. */
export const PART_BYTES = 256 * 1024 * 1024;

interface PassOptions {
  readonly partBytes?: number;
  readonly kept?: KeptParts;
}

export class DatasetPass {
  items = 0;
  bytes = 0;
  badItems = 0;
  /** The pace of the model, if it is known; batches are cut by it. */
  pace: SlotPace | undefined;
  /** The error of the first unreadable line. */
  firstBad: string | undefined;
  readonly #hash = createHash('sha256');
  readonly #planner: BatchPlanner;
  readonly #groups: AsyncIterator<ItemGroup>;
  /** The lines of this group from `next` on are read, but belong to no part yet. */
  #group: ItemGroup | undefined;
  #next = 0;

  /** The kept lines of the items that were taken last. */
  #lines: readonly string[] = [];

  readonly #partBytes: number;
  /** Takes the kept lines of the items. Absent when nothing is kept. */
  readonly kept: KeptParts | undefined;

  constructor(groups: AsyncIterable<ItemGroup>, sizes: BatchSizes, { partBytes = PART_BYTES, kept }: PassOptions = {}) {
    this.#partBytes = partBytes;
    this.kept = kept;
    this.#groups = groups[Symbol.asyncIterator]();
    this.#planner = new BatchPlanner(sizes);
  }

  /** Resolves with true when an item is left that belongs to no part yet. */
  async hasMore(): Promise<boolean> {
    while (this.#group === undefined || this.#next >= this.#group.ends.length) {
      const read = await this.#groups.next();
      if (read.done === true) return false;
      this.#group = read.value;
      this.#next = 0;
    }
    return true;
  }

  /** The first lines that were read and belong to no part yet: at most so many. They are read again with their part. */
  firstItems(most: number): readonly ProbeItem[] {
    const group = this.#group;
    if (group === undefined || this.items > 0) return [];
    return Array.from({ length: Math.min(most, group.ends.length) }, (_, index) => itemOf(group, index, index));
  }

  /** The bytes of one part. Read a part to its end before the next one. */
  async *part(part: number): AsyncGenerator<Uint8Array> {
    let taken = 0;
    while (await this.hasMore()) {
      const bytes = this.#takeLines(part, taken);
      if (bytes === undefined) return;
      taken += bytes.length;
      this.#hash.update(bytes);
      await this.kept?.add(part, this.#lines);
      yield bytes;
    }
  }

  /** The digest of all parts so far. */
  digest(): string {
    return this.#hash.copy().digest('hex');
  }

  /** A copy of the hash before a part. Fed with the stored part it must reach `digest()`, if the contents are equal. */
  forkHash(): Hash {
    return this.#hash.copy();
  }

  /** The most items of a batch. The planner may have raised it while reading. */
  get batchItems(): number {
    return this.#planner.batchItems;
  }

  plan(job: string): readonly BatchLocation[] {
    return this.#planner
      .plan(this.pace)
      .map(({ part, ...place }, batch) => ({ batch, key: inputPartKey(job, part), ...place }));
  }

  /** Closes the source, also before its end. */
  async close(): Promise<void> {
    await this.#groups.return?.();
    await this.kept?.dispose();
  }

  #countBad(line: Buffer): void {
    this.badItems += 1;
    if (this.firstBad !== undefined) return;
    const read = decodeInputLine(line.toString().trimEnd());
    this.firstBad = read.kind === 'bad' ? read.error.message : undefined;
  }

  /** The next lines of the part, which has `taken` bytes already. Undefined when the part is full. */
  #takeLines(part: number, taken: number): Buffer | undefined {
    const group = this.#group;
    if (group === undefined) return undefined;
    const start = this.#next === 0 ? 0 : (group.ends[this.#next - 1] ?? 0);
    const first = this.#next;
    let end = start;
    for (; this.#next < group.ends.length; this.#next++) {
      const lineEnd = group.ends[this.#next] ?? end;
      const full = taken + lineEnd - start > this.#partBytes;
      if (full && taken + end - start > 0) break;
      this.#planner.add(part, lineEnd - end, group.weights?.[this.#next]);
      if (isBadLineAt(group, this.#next)) this.#countBad(group.bytes.subarray(end, lineEnd));
      this.items += 1;
      end = lineEnd;
    }
    this.bytes += end - start;
    this.#lines = group.kept?.slice(first, this.#next) ?? [];
    return end === start ? undefined : group.bytes.subarray(start, end);
  }
}
