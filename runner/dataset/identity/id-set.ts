/**
 * Finds ids that occur more than once, in about 10 bytes an id. It keeps a 64-bit hash of each id. Hashes that are equal belong to equal ids, or by a rare chance
 * to two ids, so whoever asks compares the ids themselves.
 *
 * Invariants:
 * - A hash is kept in the partition that its highest bits name. So a partition is sorted in place, and nothing is copied as a whole.
 * - After `findRepeated` each partition has only the hashes that occurred more than once, in rising order.
 */

/** A set grows by partitions, so that the copy that growing takes is small beside the set. */
const PARTITIONS = 256;
const PARTITION_SHIFT = 24;
const FIRST_LENGTH = 64;
const GROWTH = 1.25;

/** The hashes of so many ids take about 2 GB. */
export const MOST_IDS = 200_000_000;

export class IdSet {
  size = 0;
  /** A hash is two numbers of 32 bits, the lower one first. */
  readonly #partitions = Array.from({ length: PARTITIONS }, () => new Uint32Array(2 * FIRST_LENGTH));
  readonly #lengths = new Int32Array(PARTITIONS);
  #low = 0;
  #high = 0;

  add(id: string): void {
    this.#setHash(id);
    const partition = this.#high >>> PARTITION_SHIFT;
    const length = this.#lengths[partition] ?? 0;
    let hashes = this.#partitions[partition];
    if (hashes === undefined || 2 * length === hashes.length) {
      const larger = new Uint32Array(2 * Math.ceil(length * GROWTH));
      if (hashes !== undefined) larger.set(hashes);
      hashes = larger;
      this.#partitions[partition] = larger;
    }
    hashes[2 * length] = this.#low;
    hashes[2 * length + 1] = this.#high;
    this.#lengths[partition] = length + 1;
    this.size += 1;
  }

  /** Keeps only repeated hashes. Returns true when there is one. Add no ids after this. */
  findRepeated(): boolean {
    let isRepeated = false;
    for (const [partition, hashes] of this.#partitions.entries()) {
      const length = this.#lengths[partition] ?? 0;
      new BigUint64Array(hashes.buffer, 0, length).sort();
      const kept = keepRepeated(hashes, length);
      this.#lengths[partition] = kept;
      isRepeated ||= kept > 0;
    }
    return isRepeated;
  }

  /** The id's hash is one of the repeated ones. */
  mayBeRepeated(id: string): boolean {
    this.#setHash(id);
    const partition = this.#high >>> PARTITION_SHIFT;
    const length = this.#lengths[partition] ?? 0;
    const hashes = this.#partitions[partition];
    if (hashes === undefined || length === 0) return false;
    const sorted = new BigUint64Array(hashes.buffer, 0, length);
    const wanted = (BigInt(this.#high) << 32n) | BigInt(this.#low);
    let [from, to] = [0, length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((sorted[middle] ?? 0n) < wanted) from = middle + 1;
      else to = middle;
    }
    return sorted[from] === wanted;
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

/** Moves each repeated hash of a sorted list to the list's beginning, once. Returns their number. */
function keepRepeated(hashes: Uint32Array, length: number): number {
  const isSame = (n: number, other: number): boolean =>
    hashes[2 * n] === hashes[2 * other] && hashes[2 * n + 1] === hashes[2 * other + 1];
  let kept = 0;
  for (let n = 1; n < length; n++) {
    if (!isSame(n, n - 1) || (kept > 0 && isSame(n, kept - 1))) continue;
    hashes.copyWithin(2 * kept, 2 * n, 2 * n + 2);
    kept += 1;
  }
  return kept;
}

/** Spreads the last characters over all bits. */
function finished(lane: number): number {
  let mixed = lane ^ (lane >>> 15);
  mixed = Math.imul(mixed, 0x735a2d97);
  mixed ^= mixed >>> 14;
  mixed = Math.imul(mixed, 0x1b873593);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
