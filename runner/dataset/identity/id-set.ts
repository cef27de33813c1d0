/**
 * Finds ids that occur more than once, in about 8 bytes an id. It keeps a 64-bit hash of each id. Hashes that are equal belong to equal ids, or by a rare chance
 * to two ids, so whoever asks compares the ids themselves.
 *
 * Invariants:
 * - A hash is kept in the partition that its highest bits name. So a partition is sorted in place, and nothing is copied as a whole.
 * - A partition grows and shrinks where it is. A copy would leave its old bytes to the garbage collector, which may take minutes to come.
 * - A full partition forgets all hashes of an id but two, so that an id on every line takes no room.
 * - After `findRepeated` each partition has only the hashes that occurred more than once, in rising order.
 */

const PARTITIONS = 256;
const PARTITION_SHIFT = 24;
const HASH_BYTES = 8;
/** The last step of each partition is half empty, which is 2 MB in all. */
const STEP_BYTES = 16 * 1024;
/** This is address space. Memory is taken step by step. */
const MOST_PARTITION_BYTES = 8 * 1024 * 1024;

/** The hashes of so many ids take 1.6 GB. A partition has room for a third more than its share of them. */
export const MOST_IDS = 200_000_000;

/** Node 20 has such buffers. The types of ES2023 do not know them yet. */
interface ResizableBuffer extends ArrayBuffer {
  resize(byteLength: number): void;
}

const Resizable = ArrayBuffer as unknown as new (
  byteLength: number,
  options: { readonly maxByteLength: number },
) => ResizableBuffer;

class Partition {
  readonly #buffer = new Resizable(STEP_BYTES, { maxByteLength: MOST_PARTITION_BYTES });
  /** A hash is two numbers of 32 bits, the lower one first. The array is as long as the buffer. */
  readonly #halves = new Uint32Array(this.#buffer);
  #length = 0;

  add(low: number, high: number): void {
    if (this.#length * HASH_BYTES === this.#buffer.byteLength) this.#grow();
    this.#halves[2 * this.#length] = low;
    this.#halves[2 * this.#length + 1] = high;
    this.#length += 1;
  }

  #grow(): void {
    if (this.#buffer.byteLength < MOST_PARTITION_BYTES) {
      this.#buffer.resize(this.#buffer.byteLength + STEP_BYTES);
      return;
    }
    this.#keep(2);
    if (this.#length * HASH_BYTES > MOST_PARTITION_BYTES - STEP_BYTES)
      throw new Error('The hashes of the ids are not spread evenly, so there is no room to compare them.');
  }

  /** Keeps the repeated hashes, each once. Returns true when there is one. */
  keepRepeated(): boolean {
    this.#sorted().sort();
    let kept = 0;
    for (let n = 1; n < this.#length; n++) {
      if (!this.#isSame(n, n - 1) || (kept > 0 && this.#isSame(n, kept - 1))) continue;
      this.#move(n, kept);
      kept += 1;
    }
    this.#length = kept;
    this.#buffer.resize(kept * HASH_BYTES);
    return kept > 0;
  }

  /** Keeps at most so many of each hash. */
  #keep(most: number): void {
    this.#sorted().sort();
    let kept = 0;
    for (let n = 0; n < this.#length; n++) {
      if (kept >= most && this.#isSame(n, kept - most)) continue;
      this.#move(n, kept);
      kept += 1;
    }
    this.#length = kept;
  }

  has(low: number, high: number): boolean {
    if (this.#length === 0) return false;
    const sorted = this.#sorted();
    const wanted = (BigInt(high) << 32n) | BigInt(low);
    let [from, to] = [0, sorted.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((sorted[middle] ?? 0n) < wanted) from = middle + 1;
      else to = middle;
    }
    return sorted[from] === wanted;
  }

  #sorted(): BigUint64Array {
    return new BigUint64Array(this.#buffer, 0, this.#length);
  }

  /** The halves are compared, because a bigint for each hash would take most of the time. */
  #isSame(n: number, other: number): boolean {
    return this.#halves[2 * n] === this.#halves[2 * other] && this.#halves[2 * n + 1] === this.#halves[2 * other + 1];
  }

  #move(from: number, to: number): void {
    this.#halves.copyWithin(2 * to, 2 * from, 2 * from + 2);
  }
}

export class IdSet {
  size = 0;
  readonly #partitions = Array.from({ length: PARTITIONS }, () => new Partition());
  #low = 0;
  #high = 0;

  add(id: string): void {
    this.#setHash(id);
    this.#partitions[this.#high >>> PARTITION_SHIFT]?.add(this.#low, this.#high);
    this.size += 1;
  }

  /** Keeps only repeated hashes. Returns true when there is one. Add no ids after this. */
  findRepeated(): boolean {
    let isRepeated = false;
    for (const partition of this.#partitions) if (partition.keepRepeated()) isRepeated = true;
    return isRepeated;
  }

  /** The id's hash is one of the repeated ones. */
  mayBeRepeated(id: string): boolean {
    this.#setHash(id);
    return this.#partitions[this.#high >>> PARTITION_SHIFT]?.has(this.#low, this.#high) ?? false;
  }

  /** Two lanes of 32 bits with different multipliers, so that ids that meet in one lane rarely meet in the other. */
  #setHash(id: string): void {
    let a = 0x9e3779b9 ^ id.length;
    let b = 0x7f4a7c15 ^ id.length;
    for (let n = 0; n < id.length; n++) {
      const code = id.charCodeAt(n);
      a = Math.imul(a ^ code, 0x2c1b3c6d);
      a = (a << 13) | (a >>> 19);
      b = Math.imul(b ^ code, 0x297a2d39);
      b = (b << 17) | (b >>> 15);
    }
    this.#low = finished(a ^ Math.imul(b, 0x165667b1));
    this.#high = finished(b ^ Math.imul(a, 0x5bd1e995));
  }
}

/** Spreads the last characters over all bits. */
function finished(lane: number): number {
  let mixed = lane ^ (lane >>> 15);
  mixed = Math.imul(mixed, 0x735a2d97);
  mixed ^= mixed >>> 14;
  mixed = Math.imul(mixed, 0x1b873593);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
