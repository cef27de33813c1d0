/** Decides how many items a slot is given at once: about a second of work, so that progress can be watched, saved and timed. */

const SLICE_TARGET_MS = 1_000;
/** The first slices are slow (caches, compilers). So sizes grow fast, but never by more than this factor on one measurement. */
const GROWTH = 4;
/** Very cheap items gain nothing from larger slices, and a whole slice is redone after a crash. */
export const MAX_SLICE_ITEMS = 8_192;
/** The items of a slice are in memory three times (worker, pipe, model): the bound keeps that small beside the model itself. */
export const MAX_SLICE_BYTES = 8 * 1024 * 1024;
/** The newest slice has half the weight, so that three slices are enough to follow a change. */
const NEWEST_WEIGHT = 0.5;

/** The measured pace of one loaded model. */
export class SlicePace {
  #sliceMsPerItem: number | undefined;
  #slotMsPerItem: number | undefined;
  #lastItems = 0;

  /** `inFlight` is the number of slices that the slot worked on at the same time. */
  measured(slice: { readonly items: number; readonly elapsedMs: number; readonly inFlight: number }): void {
    const msPerItem = slice.elapsedMs / slice.items;
    this.#sliceMsPerItem = blend(this.#sliceMsPerItem, msPerItem);
    this.#slotMsPerItem = blend(this.#slotMsPerItem, msPerItem / Math.max(1, slice.inFlight));
    this.#lastItems = slice.items;
  }

  /** The milliseconds per item of the whole slot; slices side by side make it shorter. */
  get msPerItem(): number | undefined {
    return this.#slotMsPerItem;
  }

  /** Returns the number of items of the next slice. `maxItems` is the model's own limit, and `targetMs` is how long the slice should take. */
  nextItems(maxItems: number | undefined, targetMs = SLICE_TARGET_MS): number {
    if (this.#sliceMsPerItem === undefined) return 1;
    const inTarget = Math.floor(targetMs / Math.max(this.#sliceMsPerItem, targetMs / MAX_SLICE_ITEMS));
    return Math.max(1, Math.min(inTarget, this.#lastItems * GROWTH, maxItems ?? MAX_SLICE_ITEMS, MAX_SLICE_ITEMS));
  }
}

/** Returns how many items from the front fit in a slice of `maxItems`, given the length of each; at least one does. */
export function itemsThatFit(lengths: Iterable<number>, maxItems: number): number {
  let items = 0;
  let bytes = 0;
  for (const length of lengths) {
    bytes += length;
    if (items > 0 && (items >= maxItems || bytes > MAX_SLICE_BYTES)) break;
    items += 1;
  }
  return items;
}

function blend(before: number | undefined, newest: number): number {
  return before === undefined ? newest : before * (1 - NEWEST_WEIGHT) + newest * NEWEST_WEIGHT;
}
