/**
 * Cuts a dataset into batches while it streams by, before its length is known. The same items and options give the same batches.
 *
 * Invariants:
 * - Batches are consecutive, and every item is in exactly one batch. The byte ranges of one part are adjacent and cover it.
 * - No batch spans two parts. A batch that exceeds the bytes of a batch has one item.
 * - There are at most `maxBatches`, unless the number of parts forces more: when there are too many, neighbours are merged and the sizes doubled.
 * - A size that the user chose holds. Without one, fine pieces are kept while the dataset streams by, and are joined to batches of falling size once its
 *   length is known (core/dataset/guided-sizes.ts). With the model's pace no batch is less than a second of work, unless it has a thousand items or
 *   more, or its bytes or its part end it.
 */
import { guidedSize, LARGEST_OVER_SMALLEST, sizesOf } from './guided-sizes.js';
import { MOST_ITEMS, type SlotPace } from './paced-sizes.js';
import { MAX_BATCHES_PER_JOB } from '../contract/keys.js';

export interface PlannedBatch {
  readonly part: number;
  readonly startByte: number;
  readonly endByte: number;
  readonly firstIndex: number;
  readonly items: number;
}

export interface BatchSizes {
  /** The number of items of a batch; when absent, the planner chooses it. */
  readonly batchItems?: number;
  /** The most bytes that a worker fetches for a batch. */
  readonly batchBytes?: number;
  readonly maxBatches?: number;
  /** The job's own maximum of instances, if it has one: the rest of the dataset is shared among them. */
  readonly workers?: number;
}

/** The bounds when the user chose no size. */
export const isGuided = ({ batchItems, batchBytes }: BatchSizes): boolean =>
  batchItems === undefined && batchBytes === undefined;

/** The bound is small because a worker holds a few batches in memory at once. */
const OWN_BATCH_BYTES = 8 * 1024 * 1024;
/** The same bound when the user chose a number of items: then larger batches are allowed. */
const WISHED_BATCH_BYTES = 64 * 1024 * 1024;
/** When joining by items leaves more than this share of the pieces, the bound of bytes was in the way: then it is doubled, too. */
const WELL_JOINED = 0.75;

interface OpenBatch {
  part: number;
  startByte: number;
  endByte: number;
  firstIndex: number;
  items: number;
  weight: number;
}

export class BatchPlanner {
  /** True when the user chose no size: then batches are joined from pieces. */
  #batches: OpenBatch[] = [];
  #items = 0;
  #itemLimit: number;
  #weightLimit: number;
  readonly #guided: boolean;
  readonly #maxBatches: number;
  #mergeAbove: number;

  readonly #sizes: BatchSizes;

  constructor(sizes: BatchSizes = {}) {
    this.#sizes = sizes;
    const { batchItems, batchBytes } = sizes;
    this.#guided = isGuided(sizes);
    this.#itemLimit = batchItems ?? (this.#guided ? 1 : MOST_ITEMS);
    this.#weightLimit = batchBytes ?? (this.#guided ? OWN_BATCH_BYTES / LARGEST_OVER_SMALLEST : WISHED_BATCH_BYTES);
    this.#maxBatches = sizes.maxBatches ?? MAX_BATCHES_PER_JOB;
    this.#mergeAbove = this.#maxBatches;
  }

  /** The largest number of items that a batch may have at this point. */
  get batchItems(): number {
    return this.#itemLimit;
  }

  get itemCount(): number {
    return this.#items;
  }

  /** Adds the next item: the next `bytes` bytes of `part`, for which a worker fetches `weight` bytes. */
  add(part: number, bytes: number, weight = bytes): void {
    const open = this.#batches.at(-1);
    const fits = open?.part === part && open.items < this.#itemLimit && open.weight + weight <= this.#weightLimit;
    if (open !== undefined && fits) {
      open.endByte += bytes;
      open.items += 1;
      open.weight += weight;
    } else {
      const startByte = open?.part === part ? open.endByte : 0;
      const firstIndex = this.#items;
      this.#batches.push({ part, startByte, endByte: startByte + bytes, firstIndex, items: 1, weight });
      if (this.#batches.length > this.#mergeAbove) this.#makeLarger();
    }
    this.#items += 1;
  }

  /** `pace` is that of the model, if it is known; it counts when the user chose no size. */
  plan(pace?: SlotPace): readonly PlannedBatch[] {
    const batches = this.#guided ? this.#guidedBatches(pace) : this.#batches;
    return batches.map(({ part, startByte, endByte, firstIndex, items }) => ({
      part,
      startByte,
      endByte,
      firstIndex,
      items,
    }));
  }

  #guidedBatches(pace: SlotPace | undefined): readonly OpenBatch[] {
    const { workers } = this.#sizes;
    const total = this.#items;
    const sizeOf = ({ firstIndex }: OpenBatch): number =>
      guidedSize({ total, left: total - firstIndex, workers, pace });
    const bytes = pace === undefined ? OWN_BATCH_BYTES : WISHED_BATCH_BYTES;
    const limit = Math.max(bytes, this.#weightLimit);
    if (pace === undefined) return merged(this.#batches, limit, sizeOf);
    const { smallest } = sizesOf(total, pace);
    return withoutCrumbs(merged(this.#batches, limit, sizeOf, smallest), limit, smallest);
  }

  #makeLarger(): void {
    this.#itemLimit *= 2;
    if (!this.#guided) this.#weightLimit *= 2;
    this.#join();
    if (this.#guided && this.#batches.length > this.#maxBatches * WELL_JOINED) {
      this.#weightLimit *= 2;
      this.#join();
    }
    const { length } = this.#batches;
    const lastPart = this.#batches.at(-1)?.part ?? 0;
    if (length > this.#maxBatches && length > lastPart + 1) {
      this.#makeLarger();
      return;
    }
    // When parts prevent merging, try again only after as many more batches, so that the work stays linear.
    this.#mergeAbove = length <= this.#maxBatches ? this.#maxBatches : length * 2;
  }

  #join(): void {
    this.#batches = merged(this.#batches, this.#weightLimit, () => this.#itemLimit);
  }
}

/** Joins neighbours of one part; `itemLimit` is called for each batch that is begun. A batch of fewer than `least` items may exceed it. */
function merged(
  batches: readonly OpenBatch[],
  weightLimit: number,
  itemLimit: (first: OpenBatch) => number,
  least = 0,
): OpenBatch[] {
  const joined: OpenBatch[] = [];
  let most = 0;
  for (const batch of batches) {
    const last = joined.at(-1);
    const isOpen = last !== undefined && (last.items < least || last.items + batch.items <= most);
    if (isOpen && mayJoin(last, batch, weightLimit)) join(last, batch);
    else {
      joined.push({ ...batch });
      most = itemLimit(batch);
    }
  }
  return joined;
}

/** Joins a batch of fewer than `least` items, such as the last one of a part, to the one before it. */
function withoutCrumbs(batches: readonly OpenBatch[], weightLimit: number, least: number): OpenBatch[] {
  const kept: OpenBatch[] = [];
  for (const batch of batches) {
    const last = kept.at(-1);
    if (last !== undefined && batch.items < least && mayJoin(last, batch, weightLimit)) join(last, batch);
    else kept.push({ ...batch });
  }
  return kept;
}

const mayJoin = (last: OpenBatch, next: OpenBatch, weightLimit: number): boolean =>
  last.part === next.part && last.weight + next.weight <= weightLimit;

function join(last: OpenBatch, next: OpenBatch): void {
  last.endByte = next.endByte;
  last.items += next.items;
  last.weight += next.weight;
}
