/**
 * A sample that is spread evenly over a stream of unknown length, in constant memory. It keeps every `stride`-th item. When it holds twice as many as wanted,
 * or too many bytes, it drops every second one and doubles the stride. So the same stream gives the same sample.
 */
export interface SpreadOptions {
  readonly items: number;
  /** At least one item is kept, whatever its size. */
  readonly bytes: number;
}

interface Kept<T> {
  readonly index: number;
  readonly bytes: number;
  readonly value: T;
}

export class SpreadSample<T> {
  #kept: Kept<T>[] = [];
  #stride = 1;
  #bytes = 0;

  readonly #most: SpreadOptions;

  constructor(most: SpreadOptions) {
    this.#most = most;
  }

  /** Tells whether `add` would keep the item, so that others need not be decoded. */
  wants(index: number): boolean {
    return index % this.#stride === 0;
  }

  add(index: number, bytes: number, value: T): void {
    if (!this.wants(index)) return;
    this.#kept.push({ index, bytes, value });
    this.#bytes += bytes;
    while (this.#kept.length > 1 && this.#isFull) this.#thin();
  }

  get #isFull(): boolean {
    return this.#kept.length >= 2 * this.#most.items || this.#bytes > this.#most.bytes;
  }

  #thin(): void {
    this.#stride *= 2;
    this.#kept = this.#kept.filter(({ index }) => this.wants(index));
    this.#bytes = this.#kept.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** The items in their order: at most as many as wanted, from the first kept one to the last. */
  take(): readonly T[] {
    const kept = this.#kept;
    const wanted = Math.min(this.#most.items, kept.length);
    const step = wanted < 2 ? 0 : (kept.length - 1) / (wanted - 1);
    return Array.from({ length: wanted }, (_, n) => kept[Math.round(n * step)] as Kept<T>).map(({ value }) => value);
  }
}
