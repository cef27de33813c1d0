/** Remembers which rows a reading has seen, so that a second reading takes no others. Rows come in rising order, so neighbours are kept as a range. */

/** About 16 MB. Workers save items in the order of the dataset, so a job has a few ranges for each unfinished batch. */
const MOST_RANGES = 1_000_000;

export class SeenRows {
  /** The first index of each range. */
  readonly #from: number[] = [];
  /** The index behind the last one of each range. */
  readonly #to: number[] = [];

  add(index: number): void {
    const last = this.#to.length - 1;
    if (this.#to[last] === index) {
      this.#to[last] = index + 1;
      return;
    }
    if (this.#to.length >= MOST_RANGES)
      throw new Error('The saved items of unfinished batches have too many gaps. Write the results as JSON Lines.');
    this.#from.push(index);
    this.#to.push(index + 1);
  }

  has(index: number): boolean {
    let [from, to] = [0, this.#from.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((this.#to[middle] ?? 0) <= index) from = middle + 1;
      else to = middle;
    }
    return (this.#from[from] ?? Infinity) <= index;
  }
}
