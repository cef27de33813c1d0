/**
 * How many items a batch has when the user asks for no size: guided self-scheduling. The body of a dataset travels in batches of
 * one size, its end in falling ones, so that no worker is long at its last batch while the others have nothing left.
 *
 * SQS gives messages in no promised order, but roughly in the order in which they were sent: good enough, as a short batch that comes early
 * costs nothing, and a long one that comes late is one of few.
 */

/** Enough batches to keep dozens of slots evenly busy; up to `FEW_ITEMS` items a batch there are no more in the body. */
const FEW_BATCHES = 128;
const FEW_ITEMS = 64;
/** Then batches grow only when there are this many, so that the cost of each (a message, two requests) stays small. */
const MANY_BATCHES = 1_024;
/** The share of the items that comes in falling sizes. */
const FALLING_SHARE = 1 / 4;
/** Below this part of the largest batch nothing is gained, and the cost of a batch begins to show. */
export const LARGEST_OVER_SMALLEST = 16;
/** Slots of a worker are not known yet. A batch is this part of what a worker's share of the rest would be. */
const BATCHES_PER_SHARE = 2;

export interface WhatIsLeft {
  readonly total: number;
  /** Items from the batch's first to the dataset's last. */
  readonly left: number;
  /** Most workers, if the job names a number. */
  readonly workers: number | undefined;
}

/** Most items of the batch that begins where `left` items are left; at least one. */
export function guidedSize({ total, left, workers = 0 }: WhatIsLeft): number {
  const largest = largestSize(total);
  const sharedBy = Math.max((total * FALLING_SHARE) / largest, BATCHES_PER_SHARE * workers);
  const smallest = Math.ceil(largest / LARGEST_OVER_SMALLEST);
  return Math.min(largest, Math.max(smallest, Math.floor(left / sharedBy)));
}

function largestSize(total: number): number {
  return Math.max(Math.min(Math.ceil(total / FEW_BATCHES), FEW_ITEMS), Math.ceil(total / MANY_BATCHES), 1);
}
