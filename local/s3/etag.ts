/**
 * ETags: the MD5 of the object, or the MD5 of the parts' MD5s with the number of parts.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
 */
import { createHash } from 'node:crypto';

export const etagOf = (md5: Buffer): string => `"${md5.toString('hex')}"`;

export function multipartEtag(md5s: readonly Buffer[]): string {
  const hash = createHash('md5');
  for (const md5 of md5s) hash.update(md5);
  return `"${hash.digest('hex')}-${md5s.length}"`;
}

export const isMultipartEtag = (etag: string): boolean => etag.includes('-');
