/** Remembers where each item came from, in a few numbers for each run of consecutive records. */
import type { GroupPlace } from '../item-group.js';

/** A sample that is spread over a dataset has a run for nearly every item. With more runs, later items are named by their index alone. */
const MOST_RUNS = 1_000_000;

export interface ItemPlace {
  readonly source: number;
  readonly row: number;
}

interface Run {
  readonly firstIndex: number;
  readonly source: number;
  readonly firstRow: number;
}

export class ItemPlaces {
  #items = 0;
  /** The items from this index on have no known place. */
  #unknownFrom = Infinity;
  readonly #runs: Run[] = [];

  /** Adds the places of the next items. */
  add(items: number, place: GroupPlace | undefined): void {
    const { source = 0, rows } = place ?? {};
    for (let n = 0; n < items; n++) {
      const row = rows?.[n] ?? this.#items + 1;
      const last = this.#runs.at(-1);
      const isNext = last?.source === source && row - last.firstRow === this.#items - last.firstIndex;
      if (!isNext) {
        if (this.#runs.length >= MOST_RUNS) this.#unknownFrom = Math.min(this.#unknownFrom, this.#items);
        else this.#runs.push({ firstIndex: this.#items, source, firstRow: row });
      }
      this.#items += 1;
    }
  }

  of(index: number): ItemPlace | undefined {
    if (index >= this.#unknownFrom || index >= this.#items) return undefined;
    let [low, high] = [0, this.#runs.length];
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((this.#runs[middle]?.firstIndex ?? Infinity) <= index) low = middle;
      else high = middle;
    }
    const run = this.#runs[low];
    return run && { source: run.source, row: run.firstRow + index - run.firstIndex };
  }
}
