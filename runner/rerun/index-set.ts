/**
 * A set of indexes of items. It has a bit for each item up to the largest, so that a hundred million items take 12 MB at most, however many of them are chosen.
 */
const BITS = 8;
/** The first size; the set doubles when it is too small. */
const LEAST_BYTES = 1024;

export class IndexSet {
  #bits = new Uint8Array(LEAST_BYTES);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(index: number): void {
    const at = Math.floor(index / BITS);
    if (at >= this.#bits.length) this.#grow(at + 1);
    const bit = 1 << (index % BITS);
    const before = this.#bits[at] ?? 0;
    if ((before & bit) !== 0) return;
    this.#bits[at] = before | bit;
    this.#size += 1;
  }

  has(index: number): boolean {
    return ((this.#bits[Math.floor(index / BITS)] ?? 0) & (1 << (index % BITS))) !== 0;
  }

  /** Yields the indexes in rising order. */
  *indexes(): Generator<number> {
    for (let at = 0; at < this.#bits.length; at++) {
      const byte = this.#bits[at] ?? 0;
      for (let bit = 0; byte >> bit !== 0; bit++) if ((byte & (1 << bit)) !== 0) yield at * BITS + bit;
    }
  }

  #grow(least: number): void {
    const bits = new Uint8Array(Math.max(least, this.#bits.length * 2));
    bits.set(this.#bits);
    this.#bits = bits;
  }
}
