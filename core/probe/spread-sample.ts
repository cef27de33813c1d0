/**
 * A sample that is spread evenly over a stream of unknown length, in constant memory. It keeps one item of each `stride` items. When it holds twice as many as
 * wanted, or too many bytes, it drops one of each two and doubles the stride. Which one is dropped looks like chance, because data may alternate: a sample of
 * every second item would miss a whole kind. The same stream gives the same sample.
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
    return index === keptOf(Math.floor(index / this.#stride), this.#stride);
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

/** Returns the item that is kept of a group of `stride` neighbours: that of one of its halves. */
function keptOf(group: number, stride: number): number {
  let kept = group;
  for (let size = stride; size > 1; size /= 2) kept = 2 * kept + side(kept, size);
  return kept;
}

/** The first or the second half, by the mixed bits of the group's number and size. */
function side(group: number, size: number): 0 | 1 {
  const mixed = Math.imul((group ^ Math.imul(size, 0x9e3779b1)) | 0, 0x85ebca6b);
  const bits = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return ((bits >>> 16) & 1) as 0 | 1;
}
