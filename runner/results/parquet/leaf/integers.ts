/** A column of 64-bit integers. Those that a double holds are kept as numbers, because arithmetic with them is many times as fast. */
import { inDictionary } from './dictionary.js';
import { type Bounds, doubledNumbers, type EncodedValues, firstNumbers, type LeafValues } from './values.js';

const BYTES = 8;
const HIGH_WORD = 2 ** 32;

export class Integers implements LeafValues {
  readonly type = 'INT64';
  length = 0;
  #numbers = firstNumbers();
  /** The integers that no double holds, by their place. */
  readonly #big = new Map<number, bigint>();

  /** Takes an integer that a double holds exactly. */
  push(value: number): void {
    if (this.length === this.#numbers.length) this.#numbers = doubledNumbers(this.#numbers);
    this.#numbers[this.length] = value;
    this.length += 1;
  }

  pushBig(value: bigint): void {
    this.#big.set(this.length, value);
    this.push(0);
  }

  truncate(length: number): void {
    this.length = length;
    for (const place of this.#big.keys()) if (place >= length) this.#big.delete(place);
  }

  encode(): EncodedValues {
    const bounds = this.#bounds();
    const plainBytes = BYTES * this.length;
    const sizeOf = (values: readonly number[]): number => BYTES * values.length;
    const encoded =
      this.#big.size > 0 ? undefined : inDictionary(this.#numbers, this.length, { plainBytes, sizeOf, plain });
    if (encoded !== undefined) {
      const { values: _values, ...found } = encoded;
      return { ...found, bounds };
    }
    const page = (from: number, to: number): Uint8Array => plain(this.#numbers, from, to, this.#big);
    return { encoding: 'PLAIN', bytes: plainBytes, page, bounds };
  }

  #bounds(): Bounds {
    let min: number | bigint = Infinity;
    let max: number | bigint = -Infinity;
    for (let n = 0; n < this.length; n += 1) {
      if (this.#big.size > 0 && this.#big.has(n)) continue;
      const value = this.#numbers[n] ?? 0;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    for (const value of this.#big.values()) {
      if (value < min) min = value;
      if (value > max) max = value;
    }
    return this.length === 0 ? {} : { min_value: BigInt(min), max_value: BigInt(max) };
  }
}

/** A number is written as its lower and its higher 32 bits, because a bigint for each value would take most of the time. */
function plain(
  numbers: ArrayLike<number>,
  from: number,
  to: number,
  big: ReadonlyMap<number, bigint> = new Map(),
): Uint8Array {
  const view = new DataView(new ArrayBuffer(BYTES * (to - from)));
  for (let n = from; n < to; n += 1) {
    const value = numbers[n] ?? 0;
    const at = BYTES * (n - from);
    view.setUint32(at, value >>> 0, true);
    view.setInt32(at + 4, Math.floor(value / HIGH_WORD), true);
  }
  for (const [n, value] of big) if (n >= from && n < to) view.setBigInt64(BYTES * (n - from), value, true);
  return new Uint8Array(view.buffer);
}
