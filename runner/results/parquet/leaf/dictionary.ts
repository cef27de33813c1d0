/** Values that repeat are written once, in a dictionary, and then as their places in it. */
import { ByteWriter } from 'hyparquet-writer';
import { writeRleBitPackedHybrid } from 'hyparquet-writer/src/encoding.js';
import { widthOf } from '../../../dataset/parquet/run-lengths.js';
import type { EncodedValues } from './values.js';

/** A sample from all over the values tells whether it is worth counting all of them. */
const SAMPLE = 1_000;
/** A column with a larger share of different values gains nothing worth its time. */
const MOST_DIFFERENT_IN_SAMPLE = 0.9;

interface Distinct<T> {
  readonly values: readonly T[];
  /** The place of each value among the distinct ones. */
  readonly places: Uint32Array;
}

/** Returns undefined when most values differ. Takes -0 for 0. */
function distinctOf<T extends number | string>(values: ArrayLike<T>, length: number): Distinct<T> | undefined {
  if (length === 0 || mostDiffer(values, length)) return undefined;
  const placeOf = new Map<T, number>();
  const distinct: T[] = [];
  const places = new Uint32Array(length);
  for (let n = 0; n < length; n += 1) {
    const value = values[n];
    if (value === undefined) continue;
    let place = placeOf.get(value);
    if (place === undefined) {
      place = distinct.length;
      if (2 * place > length) return undefined;
      placeOf.set(value, place);
      distinct.push(value);
    }
    places[n] = place;
  }
  return { values: distinct, places };
}

function mostDiffer<T>(values: ArrayLike<T>, length: number): boolean {
  if (length <= SAMPLE) return false;
  const step = length / SAMPLE;
  const seen = new Set<T | undefined>();
  for (let n = 0; n < SAMPLE; n += 1) seen.add(values[Math.floor(n * step)]);
  return seen.size > MOST_DIFFERENT_IN_SAMPLE * SAMPLE;
}

/** A dictionary of this size, with its places, is at most half of the plain values. */
const isSmaller = (dictionaryBytes: number, { values, places }: Distinct<unknown>, plainBytes: number): boolean =>
  2 * (dictionaryBytes + (places.length * widthOf(values.length - 1)) / 8) <= plainBytes;

/** Returns the function that writes the pages of places. */
function pagesOfPlaces({ values, places }: Distinct<unknown>): (from: number, to: number) => Uint8Array {
  const width = widthOf(values.length - 1);
  return (from, to) => {
    const page = new ByteWriter();
    page.appendUint8(width);
    writeRleBitPackedHybrid(page, places.subarray(from, to), width);
    return page.getBytes();
  };
}

interface DictionaryRequest<T> {
  readonly plainBytes: number;
  readonly sizeOf: (values: readonly T[]) => number;
  readonly plain: (values: readonly T[], from: number, to: number) => Uint8Array;
}

/** Encodes the values with a dictionary. Returns undefined when that is not much smaller than the plain values. */
export function inDictionary<T extends number | string>(
  all: ArrayLike<T>,
  length: number,
  { plainBytes, sizeOf, plain }: DictionaryRequest<T>,
): (Omit<EncodedValues, 'bounds'> & { readonly values: readonly T[] }) | undefined {
  const distinct = distinctOf(all, length);
  if (distinct === undefined || !isSmaller(sizeOf(distinct.values), distinct, plainBytes)) return undefined;
  const { values, places } = distinct;
  const dictionary = { bytes: plain(values, 0, values.length), count: values.length };
  return { encoding: 'RLE_DICTIONARY', dictionary, bytes: 2 * places.length, page: pagesOfPlaces(distinct), values };
}
