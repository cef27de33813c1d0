/** A column of doubles, written plainly or by a dictionary. */
import { inDictionary } from './dictionary.js';
import { type Bounds, doubledNumbers, type EncodedValues, firstNumbers, type LeafValues } from './values.js';

const BYTES = 8;

export class Doubles implements LeafValues {
  readonly type = 'DOUBLE';
  length = 0;
  #numbers = firstNumbers();
  /** A dictionary would take -0 for 0. */
  #hasMinusZero = false;

  push(value: number): void {
    if (this.length === this.#numbers.length) this.#numbers = doubledNumbers(this.#numbers);
    this.#numbers[this.length] = value;
    this.length += 1;
    if (Object.is(value, -0)) this.#hasMinusZero = true;
  }

  truncate(length: number): void {
    this.length = length;
    if (length === 0) this.#hasMinusZero = false;
  }

  encode(): EncodedValues {
    const bounds = this.#bounds();
    const plainBytes = BYTES * this.length;
    const sizeOf = (values: readonly number[]): number => BYTES * values.length;
    const encoded = this.#hasMinusZero
      ? undefined
      : inDictionary(this.#numbers, this.length, { plainBytes, sizeOf, plain });
    if (encoded !== undefined) {
      const { values: _values, ...found } = encoded;
      return { ...found, bounds };
    }
    const page = (from: number, to: number): Uint8Array => plain(this.#numbers, from, to);
    return { encoding: 'PLAIN', bytes: plainBytes, page, bounds };
  }

  /** The format wants -0 for the least zero and 0 for the greatest, so that readers need not tell them apart. */
  #bounds(): Bounds {
    let min = Infinity;
    let max = -Infinity;
    for (let n = 0; n < this.length; n += 1) {
      const value = this.#numbers[n] ?? 0;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    if (this.length === 0) return { nan_count: 0n };
    return { min_value: min === 0 ? -0 : min, max_value: max === 0 ? 0 : max, nan_count: 0n };
  }
}

function plain(numbers: ArrayLike<number>, from: number, to: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(BYTES * (to - from)));
  for (let n = from; n < to; n += 1) view.setFloat64(BYTES * (n - from), numbers[n] ?? 0, true);
  return new Uint8Array(view.buffer);
}
