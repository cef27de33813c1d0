/**
 * Decides how many items a batch has when the user chooses no size (guided self-scheduling). The body of a dataset is cut into batches of one size, its
 * end into falling ones, so that no worker is busy with its last batch for long while the others have no work left.
 *
 * SQS promises no order, but delivers messages roughly in the order in which they were sent. That is good enough: a short batch that comes early costs
 * nothing, and few long batches come late.
 */

import { pacedSizes, type SizeRange, type SlotPace } from './paced-sizes.js';

/** This many batches keep dozens of slots evenly busy. While they have at most `FEW_ITEMS` items, the body has no more batches. */
const FEW_BATCHES = 128;
const FEW_ITEMS = 64;
/** Larger datasets get more batches of that size, and batches grow beyond it only at this number: each one costs a message and two requests. */
const MANY_BATCHES = 1_024;
/** The share of the items that is cut into falling sizes. */
const FALLING_SHARE = 1 / 4;
/** Smaller batches than this part of the largest gain nothing, and the cost of each becomes noticeable. */
export const LARGEST_OVER_SMALLEST = 16;
/** A worker's share of the rest is cut into this many batches, because its number of slots is not known yet. */
const BATCHES_PER_SHARE = 2;

export interface RestOfDataset {
  readonly total: number;
  /** The number of items from the batch's first to the dataset's last. */
  readonly left: number;
  /** The job's maximum of workers, if it has one. */
  readonly workers: number | undefined;
  /** The pace of the model, if it is known. */
  readonly pace?: SlotPace | undefined;
}

/** Returns the most items of the batch that begins where `left` items are left; it is at least one. */
export function guidedSize({ total, left, workers = 0, pace }: RestOfDataset): number {
  const { largest, smallest } = sizesOf(total, pace);
  const sharedBy = Math.max((total * FALLING_SHARE) / largest, BATCHES_PER_SHARE * (pace?.slots ?? workers));
  return Math.min(largest, Math.max(smallest, Math.floor(left / sharedBy)));
}

/** Returns the items of the largest and the smallest batch. */
export function sizesOf(total: number, pace: SlotPace | undefined): SizeRange {
  const sizes = pace === undefined ? { largest: largestSize(total), smallest: 1 } : pacedSizes(total, pace);
  return { ...sizes, smallest: Math.max(sizes.smallest, Math.ceil(sizes.largest / LARGEST_OVER_SMALLEST)) };
}

function largestSize(total: number): number {
  return Math.max(Math.min(Math.ceil(total / FEW_BATCHES), FEW_ITEMS), Math.ceil(total / MANY_BATCHES), 1);
}
