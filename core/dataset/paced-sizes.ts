/**
 * Decides how large batches are when the model's pace is known: seconds of work. A message and its two requests cost the same for a batch of
 * 10 ms as for one of 20 s.
 */

/** A batch of the body is this much of a slot's work. A worker that vanishes loses at most about one. */
const MOST_MS = 20_000;
/** No batch is less work than this, the end of the dataset included. Fewer instances come instead. */
const LEAST_MS = 1_000;
/** With fewer batches a slot that is slower than the others would keep them waiting at the end. */
const BATCHES_PER_SLOT = 8;
/** A pace may be wrong by any factor. With so many batches a large job still comes to several slots, and a few more requests cost next to nothing. */
const LEAST_BATCHES = 8;
/** A job of fewer items than this in each of them is not cut for that: a whole instance would come for little. */
const ITEMS_WORTH_A_BATCH = 1_000;
/** The bound of items, because a worker holds a line of result for each. */
export const MOST_ITEMS = 1_000_000;

export interface SlotPace {
  readonly msPerItem: number;
  /** The slots that may come, on all instances together. */
  readonly slots: number;
}

export interface SizeRange {
  readonly largest: number;
  readonly smallest: number;
}

/** Returns the items of the largest and the smallest batch of a dataset of `total` items. */
export function pacedSizes(total: number, { msPerItem, slots }: SlotPace): SizeRange {
  const itemsIn = (ms: number): number => (msPerItem <= 0 ? MOST_ITEMS : Math.min(MOST_ITEMS, ms / msPerItem));
  const spread = Math.max(ITEMS_WORTH_A_BATCH, Math.floor(total / LEAST_BATCHES));
  const smallest = Math.max(1, Math.min(spread, Math.ceil(itemsIn(LEAST_MS))));
  const most = Math.floor(itemsIn(MOST_MS));
  const shared = Math.floor(total / (BATCHES_PER_SLOT * Math.max(1, slots)));
  return { largest: Math.max(smallest, Math.min(most, shared)), smallest };
}

/** Returns how many slots may come to a job. `vcpus` are those of the smallest instance: a model that fills a core gets a slot for each. */
export function slotsThatMayCome(instances: number, slots: number | 'auto' | 'cpus', vcpus = 1): number {
  return Math.max(1, instances) * (typeof slots === 'number' ? slots : vcpus);
}
