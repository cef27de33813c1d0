/** How a worker runs a model: the number of slots, and of slices at once in each (core/batch/slot-shape.ts decides on it). */
export interface SlotShape {
  readonly slots: number;
  /** The number of slices that each slot works on at once. */
  readonly concurrency: number;
}

/** `auto` tries no more slices at once: a model that can use more should batch its own requests. */
export const MOST_CONCURRENCY = 64;
/** Each slot is a process: no instance has use for more. */
export const MOST_SLOTS = 512;
