/**
 * Cuts a dataset into batches while it streams by, its length unknown. Pure: the same items and options give the same batches.
 *
 * Invariants:
 * - Batches are consecutive, and every item is in exactly one; byte ranges of one part are adjacent and cover it.
 * - No batch spans two parts; a batch over its bytes has one item.
 * - There are at most `maxBatches`, unless so many parts force more: when passed, neighbours are merged and the sizes doubled.
 * - Without a wish of the user for the size, it grows with the dataset: few items travel alone, many in larger batches.
 */
import { MAX_BATCHES_PER_JOB } from './keys.js';

export interface PlannedBatch {
  readonly part: number;
  readonly startByte: number;
  readonly endByte: number;
  readonly firstIndex: number;
  readonly items: number;
}

export interface BatchSizes {
  /** Items of a batch; chosen by the planner when absent. */
  readonly batchItems?: number;
  /** Bytes that a worker fetches for a batch. */
  readonly batchBytes?: number;
  readonly maxBatches?: number;
}

/** A worker holds a few batches in memory at once. */
const OWN_BATCH_BYTES = 8 * 1024 * 1024;
/** The same bound where the user has asked for a number of items: their wish goes further. */
const WISHED_BATCH_BYTES = 64 * 1024 * 1024;
/** Where the user has asked for bytes alone: a worker holds a line of result for each item. */
const MOST_ITEMS = 1_000_000;
/** Enough to keep dozens of slots evenly busy to the end; up to `FIRST_ITEMS` items a batch there are no more. */
const FIRST_BATCHES = 128;
const FIRST_ITEMS = 64;
/** Then batches grow only when there are this many, so that the cost of each (a message, two requests) stays small. */
const OWN_BATCHES = 2_000;

interface OpenBatch {
  part: number;
  startByte: number;
  endByte: number;
  firstIndex: number;
  items: number;
  weight: number;
}

export class BatchPlanner {
  private batches: OpenBatch[] = [];
  private items = 0;
  private itemLimit: number;
  private weightLimit: number;
  private readonly growing: boolean;
  private readonly maxBatches: number;
  private mergeAbove: number;

  constructor(sizes: BatchSizes = {}) {
    const { batchItems, batchBytes } = sizes;
    this.growing = batchItems === undefined && batchBytes === undefined;
    this.itemLimit = batchItems ?? (this.growing ? 1 : MOST_ITEMS);
    this.weightLimit = batchBytes ?? (this.growing ? OWN_BATCH_BYTES : WISHED_BATCH_BYTES);
    this.maxBatches = sizes.maxBatches ?? MAX_BATCHES_PER_JOB;
    this.mergeAbove = this.growing ? Math.min(FIRST_BATCHES, this.maxBatches) : this.maxBatches;
  }

  /** The largest number of items that a batch may have by now. */
  get batchItems(): number {
    return this.itemLimit;
  }

  get itemCount(): number {
    return this.items;
  }

  /** The next item: the next `bytes` bytes of `part`, for which a worker fetches `weight` bytes. */
  add(part: number, bytes: number, weight = bytes): void {
    const open = this.batches.at(-1);
    const fits = open?.part === part && open.items < this.itemLimit && open.weight + weight <= this.weightLimit;
    if (open !== undefined && fits) {
      open.endByte += bytes;
      open.items += 1;
      open.weight += weight;
    } else {
      const startByte = open?.part === part ? open.endByte : 0;
      const firstIndex = this.items;
      this.batches.push({ part, startByte, endByte: startByte + bytes, firstIndex, items: 1, weight });
      if (this.batches.length > this.mergeAbove) this.makeLarger();
    }
    this.items += 1;
  }

  plan(): readonly PlannedBatch[] {
    return this.batches.map(({ part, startByte, endByte, firstIndex, items }) => ({
      part,
      startByte,
      endByte,
      firstIndex,
      items,
    }));
  }

  private makeLarger(): void {
    this.itemLimit *= 2;
    if (this.batches.length > this.maxBatches) this.weightLimit *= 2;
    this.batches = mergeNeighbours(this.batches, this.itemLimit, this.weightLimit);
    const { length } = this.batches;
    const lastPart = this.batches.at(-1)?.part ?? 0;
    if (length > this.maxBatches && length > lastPart + 1) {
      this.makeLarger();
      return;
    }
    const wanted = this.growing && this.itemLimit < FIRST_ITEMS ? FIRST_BATCHES : OWN_BATCHES;
    const aim = this.growing ? Math.min(wanted, this.maxBatches) : this.maxBatches;
    // Where bytes or parts forbid merging: try again only after as many more, so that the work stays linear.
    this.mergeAbove =
      length <= aim ? aim : length <= this.maxBatches ? Math.min(length * 2, this.maxBatches) : length * 2;
  }
}

function mergeNeighbours(batches: readonly OpenBatch[], itemLimit: number, weightLimit: number): OpenBatch[] {
  const merged: OpenBatch[] = [];
  for (const batch of batches) {
    const last = merged.at(-1);
    const fits =
      last?.part === batch.part && last.items + batch.items <= itemLimit && last.weight + batch.weight <= weightLimit;
    if (last === undefined || !fits) {
      merged.push({ ...batch });
      continue;
    }
    last.endByte = batch.endByte;
    last.items += batch.items;
    last.weight += batch.weight;
  }
  return merged;
}
