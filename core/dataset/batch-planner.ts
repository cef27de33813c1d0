/**
 * Cuts a dataset into batches while it streams by, before its length is known. The same items and options give the same batches.
 *
 * Invariants:
 * - Batches are consecutive, and every item is in exactly one batch. The byte ranges of one part are adjacent and cover it.
 * - No batch spans two parts. A batch that exceeds the bytes of a batch has one item.
 * - There are at most `maxBatches`, unless the number of parts forces more: when there are too many, neighbours are merged and the sizes doubled.
 * - A size that the user chose holds. Without one, fine pieces are kept while the dataset streams by, and are joined to batches of falling size once its
 *   length is known (core/dataset/guided-sizes.ts).
 */
import { guidedSize, LARGEST_OVER_SMALLEST } from './guided-sizes.js';
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
/** The bound of items when the user chose only bytes, because a worker holds a line of result for each item. */
const MOST_ITEMS = 1_000_000;
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

  plan(): readonly PlannedBatch[] {
    const sizes = this.#sizes;
    const total = this.#items;
    const weightLimit = this.#weightLimit;
    const batches = this.#guided
      ? merged(this.#batches, Math.max(OWN_BATCH_BYTES, weightLimit), ({ firstIndex }) =>
          guidedSize({ total, left: total - firstIndex, workers: sizes.workers }),
        )
      : this.#batches;
    return batches.map(({ part, startByte, endByte, firstIndex, items }) => ({
      part,
      startByte,
      endByte,
      firstIndex,
      items,
    }));
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

/** Joins neighbours of one part; `itemLimit` is called for each batch that is begun. */
function merged(
  batches: readonly OpenBatch[],
  weightLimit: number,
  itemLimit: (first: OpenBatch) => number,
): OpenBatch[] {
  const joined: OpenBatch[] = [];
  let most = 0;
  for (const batch of batches) {
    const last = joined.at(-1);
    const fits =
      last?.part === batch.part && last.items + batch.items <= most && last.weight + batch.weight <= weightLimit;
    if (last === undefined || !fits) {
      joined.push({ ...batch });
      most = itemLimit(batch);
      continue;
    }
    last.endByte = batch.endByte;
    last.items += batch.items;
    last.weight += batch.weight;
  }
  return joined;
}
