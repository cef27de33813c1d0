/** Query parameters of the multipart actions. */
import { invalidArgument } from './errors.js';

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const MAX_PART_NUMBER = 10_000;

export function readPartNumber(query: URLSearchParams): number {
  const value = query.get('partNumber') ?? '';
  const number = /^\d{1,5}$/.test(value) ? Number(value) : 0;
  if (number < 1 || number > MAX_PART_NUMBER) {
    throw invalidArgument(
      `Part number must be an integer between 1 and ${MAX_PART_NUMBER}, inclusive`,
      'partNumber',
      value,
    );
  }
  return number;
}

export const readUploadId = (query: URLSearchParams): string => query.get('uploadId') ?? '';
