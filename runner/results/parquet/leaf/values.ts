/**
 * The values of a leaf column in a row group, without its nulls. They are kept as they are written, so that a group becomes pages without an object for each
 * value. Each type has a class of its own beside this file.
 */
import type { Encoding, ParquetType } from 'hyparquet';

export interface LeafValues {
  readonly type: Extract<ParquetType, 'BOOLEAN' | 'INT64' | 'DOUBLE' | 'BYTE_ARRAY'>;
  readonly length: number;
  /** Forgets the values from this place on. */
  truncate(length: number): void;
  encode(): EncodedValues;
}

export interface EncodedValues {
  /** The encoding of the pages of values. */
  readonly encoding: Encoding;
  readonly dictionary?: { readonly bytes: Uint8Array; readonly count: number };
  /** The size of all pages of values, roughly. It decides how many pages there are. */
  readonly bytes: number;
  /** Returns the values of a page. */
  readonly page: (from: number, to: number) => Uint8Array;
  /** The least and the greatest value; absent when there are no values. */
  readonly bounds: Bounds;
}

export interface Bounds {
  readonly min_value?: boolean | number | bigint | Uint8Array;
  readonly max_value?: boolean | number | bigint | Uint8Array;
  /** The format has this field for columns of doubles. */
  readonly nan_count?: bigint;
}

/** Places double when they are full, so that adding a value takes constant time. */
const FIRST_LENGTH = 1_024;

export const firstNumbers = (): Float64Array => new Float64Array(FIRST_LENGTH);
export const firstBytes = (): Uint8Array => new Uint8Array(FIRST_LENGTH);

export function doubledNumbers(full: Float64Array): Float64Array {
  const larger = new Float64Array(2 * full.length);
  larger.set(full);
  return larger;
}

export function doubledBytes(full: Uint8Array): Uint8Array {
  const larger = new Uint8Array(2 * full.length);
  larger.set(full);
  return larger;
}
