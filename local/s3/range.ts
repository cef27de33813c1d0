/**
 * The `Range` header: one range per request, as S3 serves it.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
import { S3Error } from './errors.js';

/** The range of the bytes `[start, end)`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Returns undefined if there is no range or S3 does not know its form; the whole object is then returned. */
export function parseRange(header: string | undefined, size: number): ByteRange | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  if (match === null) return undefined;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const length = Math.min(Number(last), size);
    if (length === 0) throw invalidRange(header, size);
    return { start: size - length, end: size };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return undefined;
  if (start >= size) throw invalidRange(header, size);
  return { start, end: last === '' ? size : Math.min(Number(last) + 1, size) };
}

/** Parses the range of a part's copy source, which must be within the object. */
export function parseCopyRange(header: string, size: number): ByteRange | undefined {
  const match = /^bytes=(\d+)-(\d+)$/.exec(header.trim());
  if (match === null) return undefined;
  const range = { start: Number(match[1]), end: Number(match[2]) + 1 };
  return range.start < range.end && range.end <= size ? range : undefined;
}

const invalidRange = (header: string | undefined, size: number): S3Error =>
  new S3Error(
    416,
    'InvalidRange',
    'The requested range is not satisfiable',
    { RangeRequested: header ?? '', ActualObjectSize: String(size) },
    { 'content-range': `bytes */${size}` },
  );
