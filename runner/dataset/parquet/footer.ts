/**
 * Reads the footer of a Parquet file. It is at the end of the file: the metadata, its length in four bytes, and the letters `PAR1`.
 * https://parquet.apache.org/docs/file-format/
 */
import { type FileMetaData, parquetMetadata } from 'hyparquet';
import { UserError } from '../../errors.js';
import type { RangedSource } from '../ports.js';
import { asDamaged, damaged, statedCount } from './faults.js';
import { endOfStruct } from './thrift-bounds.js';

/** One read of this size has the whole footer of most files. */
const TAIL_BYTES = 256 * 1024;
/** The metadata becomes objects of several times its size. Files with 10,000 columns and 100 row groups have about so much. */
const MAX_FOOTER_BYTES = 64 * 1024 * 1024;
/** The length and the letters at the end. */
const END_BYTES = 8;
/** The letters at the beginning, and the end. */
const FEWEST_BYTES = 4 + END_BYTES;

/** The statistics are not used, so they are not converted. */
const nothing = (): undefined => undefined;
const NO_STATISTICS = {
  timestampFromMilliseconds: nothing,
  timestampFromMicroseconds: nothing,
  timestampFromNanoseconds: nothing,
  dateFromDays: nothing,
  stringFromBytes: nothing,
  uuidFromBytes: nothing,
};

export async function readFooter(source: RangedSource, signal: AbortSignal): Promise<FileMetaData> {
  const { name, size } = source;
  if (size < FEWEST_BYTES) throw damaged(name, `it has only ${size} bytes`);
  const tail = Buffer.from(await source.read(Math.max(0, size - TAIL_BYTES), size, signal));
  const letters = tail.toString('latin1', tail.length - 4);
  if (letters === 'PARE') throw encrypted(name);
  if (letters !== 'PAR1') {
    throw new UserError(
      `The dataset ${name} does not end as a Parquet file does. It was cut off, or it is still being written. Download it again, or wait until it is written.`,
    );
  }
  const length = tail.readUInt32LE(tail.length - END_BYTES);
  if (length === 0 || length > size - FEWEST_BYTES) {
    throw damaged(name, `its footer states a length of ${length} bytes, and the file has ${size}`);
  }
  if (length > MAX_FOOTER_BYTES) {
    throw new UserError(
      `The Parquet file ${name} has a footer of ${length} bytes, and spotpool reads up to ${MAX_FOOTER_BYTES}. Write it again with fewer or larger row groups, or with fewer columns.`,
    );
  }
  const whole = length + END_BYTES;
  const bytes =
    whole <= tail.length ? tail.subarray(tail.length - whole) : await source.read(size - whole, size, signal);
  return decode(name, new Uint8Array(bytes));
}

function decode(name: string, bytes: Uint8Array): FileMetaData {
  try {
    if (endOfStruct(bytes, 0) > bytes.length - END_BYTES) throw new Error('its metadata is not whole');
    const metadata = parquetMetadata(bytes, { parsers: NO_STATISTICS, geoparquet: false });
    statedCount(name, 'number of rows', metadata.num_rows);
    return metadata;
  } catch (error) {
    throw asDamaged(name, 'its footer', error);
  }
}

export const encrypted = (name: string): UserError =>
  new UserError(
    `The Parquet file ${name} is encrypted, and spotpool has no keys. Write it again without encryption, for example with a program that has the keys.`,
  );
