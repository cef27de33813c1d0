/** Decodes the values of a page into the raw values of its column's physical type. */
import type { ParquetType } from 'hyparquet';
import { deltaBinaryUnpack, deltaLengthByteArray } from 'hyparquet/src/delta.js';
import { byteStreamSplit } from 'hyparquet/src/encoding.js';
import { readPlain } from 'hyparquet/src/plain.js';
import { readRuns } from './run-lengths.js';

export type RawValues = ArrayLike<unknown>;

export interface EncodedValues {
  readonly encoding: string | undefined;
  /** The page has memory of its own, so that a decoder cannot read beyond it. */
  readonly page: Uint8Array<ArrayBuffer>;
  readonly offset: number;
  readonly count: number;
}

/** Decodes values that stand in the page themselves. */
export function plainValues(
  { encoding, page, offset, count }: EncodedValues,
  type: ParquetType,
  length: number | undefined,
): RawValues {
  if (count === 0) return [];
  const reader = { view: new DataView(page.buffer), offset };
  switch (encoding) {
    case 'PLAIN':
      checkLength(type, length, count, page.length - offset);
      return readPlain(reader, type, count, length);
    case 'RLE':
      if (type !== 'BOOLEAN') break;
      return booleans(page, offset, count);
    case 'BYTE_STREAM_SPLIT':
      checkLength(type, length, count, page.length - offset);
      return byteStreamSplit(reader, count, type, length);
    case 'DELTA_BINARY_PACKED': {
      if (type !== 'INT32' && type !== 'INT64') break;
      checkDeltas(page, offset);
      const output = type === 'INT32' ? new Int32Array(count) : new BigInt64Array(count);
      deltaBinaryUnpack(reader, count, output);
      return output;
    }
    case 'DELTA_LENGTH_BYTE_ARRAY': {
      if (type !== 'BYTE_ARRAY') break;
      checkDeltas(page, offset);
      const output = new Array<Uint8Array>(count);
      deltaLengthByteArray(reader, count, output);
      return output;
    }
    case 'DELTA_BYTE_ARRAY':
      if (type !== 'BYTE_ARRAY' && type !== 'FIXED_LEN_BYTE_ARRAY') break;
      return prefixed(reader, page, count);
    default:
  }
  throw new Error(`the encoding ${encoding} is not supported for ${type}`);
}

/** The least bytes of a value. */
const LEAST_BYTES: Readonly<Record<ParquetType, number>> = {
  BOOLEAN: 1 / 8,
  INT32: 4,
  INT64: 8,
  INT96: 12,
  FLOAT: 4,
  DOUBLE: 8,
  BYTE_ARRAY: 4,
  FIXED_LEN_BYTE_ARRAY: 0,
};

/** Refuses a count of values that the page has no bytes for, before memory is reserved for them. */
function checkLength(type: ParquetType, length: number | undefined, count: number, bytes: number): void {
  const least = type === 'FIXED_LEN_BYTE_ARRAY' ? (length ?? 0) : LEAST_BYTES[type];
  if (least === 0) throw new Error('its values have no length');
  if (count * least > bytes) throw new Error(`a page has ${bytes} bytes for ${count} values`);
}

function booleans(page: Uint8Array, offset: number, count: number): boolean[] {
  const length = new DataView(page.buffer, page.byteOffset, page.byteLength).getUint32(offset, true);
  const bits = new Uint8Array(count);
  readRuns(page, offset + 4, Math.min(page.length, offset + 4 + length), 1, bits);
  return Array.from(bits, (bit) => bit === 1);
}

/** Writers use blocks of 128 to 4,096 values. */
const MAX_DELTA_BLOCK = 1 << 20;

/** Checks the header of delta-encoded numbers: the size of a block and the number of its parts. */
function checkDeltas(page: Uint8Array, offset: number): void {
  let at = offset;
  const next = (): number => {
    let value = 0;
    for (let shift = 0; shift <= 28; shift += 7) {
      const byte = page[at] ?? 0;
      at += 1;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new Error('its deltas have no valid header');
  };
  const [block, parts] = [next(), next()];
  const valid = block > 0 && block <= MAX_DELTA_BLOCK && parts > 0 && block % parts === 0 && (block / parts) % 8 === 0;
  if (!valid) throw new Error('its deltas have no valid header');
}

/** A page's values may be longer together than the page, because each may repeat the beginning of the one before. */
const MAX_PREFIXED_BYTES = 256 * 1024 * 1024;

function prefixed(reader: { view: DataView; offset: number }, page: Uint8Array, count: number): Uint8Array[] {
  checkDeltas(page, reader.offset);
  const prefixes = new Int32Array(count);
  deltaBinaryUnpack(reader, count, prefixes);
  checkDeltas(page, reader.offset);
  const suffixes = new Int32Array(count);
  deltaBinaryUnpack(reader, count, suffixes);
  const values = new Array<Uint8Array>(count);
  let at = reader.offset;
  let total = 0;
  let previous: Uint8Array = new Uint8Array();
  for (let i = 0; i < count; i++) {
    const [prefix, suffix] = [prefixes[i] ?? 0, suffixes[i] ?? 0];
    if (prefix < 0 || prefix > previous.length || suffix < 0 || at + suffix > page.length)
      throw new Error('a value has no valid length');
    total += prefix + suffix;
    if (total > MAX_PREFIXED_BYTES) throw new Error(`the values of a page have more than ${MAX_PREFIXED_BYTES} bytes`);
    const value = new Uint8Array(prefix + suffix);
    value.set(previous.subarray(0, prefix));
    value.set(page.subarray(at, at + suffix), prefix);
    at += suffix;
    values[i] = value;
    previous = value;
  }
  return values;
}

/** Decodes the numbers of dictionary entries. Their width is in the first byte. */
export function dictionaryNumbers({ page, offset, count }: EncodedValues): Int32Array {
  const numbers = new Int32Array(count);
  if (count === 0) return numbers;
  const width = page[offset];
  if (width === undefined) throw new Error('a page of dictionary entries is empty');
  readRuns(page, offset + 1, page.length, width, numbers);
  return numbers;
}
