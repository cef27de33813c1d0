/** A column of booleans, written as runs of equal bits. */
import { ByteWriter } from 'hyparquet-writer';
import { writeRleBitPackedHybrid } from 'hyparquet-writer/src/encoding.js';
import { type Bounds, doubledBytes, type EncodedValues, firstBytes, type LeafValues } from './values.js';

export class Booleans implements LeafValues {
  readonly type = 'BOOLEAN';
  length = 0;
  #bits = firstBytes();

  push(value: boolean): void {
    if (this.length === this.#bits.length) this.#bits = doubledBytes(this.#bits);
    this.#bits[this.length] = value ? 1 : 0;
    this.length += 1;
  }

  truncate(length: number): void {
    this.length = length;
  }

  encode(): EncodedValues {
    const page = (from: number, to: number): Uint8Array => {
      const runs = new ByteWriter();
      writeRleBitPackedHybrid(runs, this.#bits.subarray(from, to), 1);
      const bytes = new ByteWriter();
      bytes.appendUint32(runs.index);
      bytes.appendBytes(runs.getBytes());
      return bytes.getBytes();
    };
    return { encoding: 'RLE', bytes: Math.ceil(this.length / 8), page, bounds: this.#bounds() };
  }

  #bounds(): Bounds {
    if (this.length === 0) return {};
    const bits = this.#bits.subarray(0, this.length);
    return { min_value: !bits.includes(0), max_value: bits.includes(1) };
  }
}
