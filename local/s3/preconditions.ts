/**
 * Decides conditional requests from an object's ETag and time alone.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html
 */
import type { WriteWatch } from './conditional-writes.js';
import { S3Error, conditionalConflict, headerNotImplemented, noSuchKey, preconditionFailed } from './errors.js';
import type { S3Headers } from './request.js';

interface Validators {
  /** The ETag with its quotes. */
  readonly etag: string;
  readonly lastModifiedMs: number;
}

/**
 * Throws unless the key may be written now. It must be called in the same turn as the publishing, so that one of
 * two racing puts wins.
 */
export function checkWrite(
  headers: S3Headers,
  key: string,
  current: Validators | undefined,
  { sawDelete }: WriteWatch,
): void {
  const ifNoneMatch = headers.get('if-none-match');
  const ifMatch = headers.get('if-match');
  // Only `*` is served: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
  if (ifNoneMatch !== undefined && ifNoneMatch !== '*') throw headerNotImplemented('If-None-Match');
  if (ifNoneMatch !== undefined && current !== undefined) throw preconditionFailed('If-None-Match');
  if (ifNoneMatch !== undefined && sawDelete) throw conditionalConflict(key);
  if (ifMatch === undefined) return;
  if (current === undefined) throw noSuchKey(key);
  if (!matches(ifMatch, current.etag)) throw preconditionFailed('If-Match');
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html */
export function checkDelete(ifMatch: string | undefined, key: string, current: Validators | undefined): void {
  if (ifMatch === undefined) return;
  if (current === undefined) throw ifMatch === '*' ? preconditionFailed('If-Match') : noSuchKey(key);
  if (!matches(ifMatch, current.etag)) throw preconditionFailed('If-Match');
}

/**
 * Throws a 412, or a 304 without a body. If-Match overrules If-Unmodified-Since, and If-None-Match overrules
 * If-Modified-Since.
 */
export function checkRead(headers: S3Headers, current: Validators): void {
  const failed = failedCondition(headers, '', current);
  if (failed === undefined) return;
  if (failed === 'If-Match' || failed === 'If-Unmodified-Since') throw preconditionFailed(failed);
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

/** For a copy's source every failed condition is a 412. */
export function checkCopySource(headers: S3Headers, source: Validators): void {
  const failed = failedCondition(headers, 'x-amz-copy-source-', source);
  if (failed !== undefined) throw preconditionFailed(failed);
}

/** Returns the name of the first header whose condition is false. */
function failedCondition(headers: S3Headers, prefix: string, current: Validators): string | undefined {
  const ifMatch = headers.get(`${prefix}if-match`);
  const ifNoneMatch = headers.get(`${prefix}if-none-match`);
  // HTTP dates have no milliseconds.
  const lastModifiedMs = Math.floor(current.lastModifiedMs / 1000) * 1000;
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, current.etag)) return `${prefix}If-Match`;
  } else if (lastModifiedMs > dateMs(headers.get(`${prefix}if-unmodified-since`))) {
    return `${prefix}If-Unmodified-Since`;
  }
  if (ifNoneMatch !== undefined) {
    if (matches(ifNoneMatch, current.etag)) return `${prefix}If-None-Match`;
  } else if (lastModifiedMs <= dateMs(headers.get(`${prefix}if-modified-since`))) {
    return `${prefix}If-Modified-Since`;
  }
  return undefined;
}

/** An invalid date becomes NaN, which compares as neither before nor after any time, so the header is ignored. */
const dateMs = (header: string | undefined): number => (header === undefined ? Number.NaN : Date.parse(header));

function matches(header: string, etag: string): boolean {
  return header.split(',').some((candidate) => {
    const value = candidate.trim();
    return value === '*' || unquote(value) === unquote(etag);
  });
}

export const unquote = (etag: string): string => etag.replace(/^"(.*)"$/s, '$1');
