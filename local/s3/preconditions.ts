/**
 * Conditional requests, decided from an object's ETag and time alone.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html
 */
import { S3Error, headerNotImplemented, noSuchKey, preconditionFailed } from './errors.js';
import type { S3Headers } from './request.js';

interface Validators {
  /** With its quotes. */
  readonly etag: string;
  readonly lastModifiedMs: number;
}

/** Throws unless the key may be written now: called in the same turn as the publishing, so that one of two racing puts wins. */
export function checkWrite(headers: S3Headers, key: string, current: Validators | undefined): void {
  const ifNoneMatch = headers.get('if-none-match');
  const ifMatch = headers.get('if-match');
  // Only `*` is served: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
  if (ifNoneMatch !== undefined && ifNoneMatch !== '*') throw headerNotImplemented('If-None-Match');
  if (ifNoneMatch !== undefined && current !== undefined) throw preconditionFailed('If-None-Match');
  if (ifMatch === undefined) return;
  if (current === undefined) throw noSuchKey(key);
  if (!matches(ifMatch, current.etag)) throw preconditionFailed('If-Match');
}

export function checkDelete(ifMatch: string | undefined, key: string, current: Validators | undefined): void {
  if (ifMatch === undefined) return;
  if (current === undefined) throw ifMatch === '*' ? preconditionFailed('If-Match') : noSuchKey(key);
  if (!matches(ifMatch, current.etag)) throw preconditionFailed('If-Match');
}

/** Throws a 412, or a 304 without a body. If-Match overrules If-Unmodified-Since, If-None-Match overrules If-Modified-Since. */
export function checkRead(headers: S3Headers, current: Validators): void {
  const failed = failedCondition(headers, '', current);
  if (failed === undefined) return;
  if (failed === 'if-match' || failed === 'if-unmodified-since') throw preconditionFailed(failed);
  throw new S3Error(
    304,
    'NotModified',
    'Not Modified',
    {},
    {
      etag: current.etag,
      'last-modified': new Date(current.lastModifiedMs).toUTCString(),
    },
  );
}

/** Of a copy's source: every failed condition is a 412. */
export function checkCopySource(headers: S3Headers, source: Validators): void {
  const failed = failedCondition(headers, 'x-amz-copy-source-', source);
  if (failed !== undefined) throw preconditionFailed(failed);
}

function failedCondition(headers: S3Headers, prefix: string, current: Validators): string | undefined {
  const ifMatch = headers.get(`${prefix}if-match`);
  const ifNoneMatch = headers.get(`${prefix}if-none-match`);
  const unmodifiedSinceMs = Date.parse(headers.get(`${prefix}if-unmodified-since`) ?? '');
  const modifiedSinceMs = Date.parse(headers.get(`${prefix}if-modified-since`) ?? '');
  // HTTP dates have no milliseconds.
  const lastModifiedMs = Math.floor(current.lastModifiedMs / 1000) * 1000;
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, current.etag)) return `${prefix}if-match`;
  } else if (lastModifiedMs > unmodifiedSinceMs) {
    return `${prefix}if-unmodified-since`;
  }
  if (ifNoneMatch !== undefined) {
    if (matches(ifNoneMatch, current.etag)) return `${prefix}if-none-match`;
  } else if (lastModifiedMs <= modifiedSinceMs) {
    return `${prefix}if-modified-since`;
  }
  return undefined;
}

function matches(header: string, etag: string): boolean {
  return header.split(',').some((candidate) => {
    const value = candidate.trim();
    return value === '*' || unquote(value) === unquote(etag);
  });
}

export const unquote = (etag: string): string => etag.replace(/^"(.*)"$/s, '$1');
