/** A request as actions see it: bucket and key are decoded, headers are plain. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { S3Error } from './errors.js';

export interface S3Request {
  readonly method: string;
  /** Empty for a request to the service itself. */
  readonly bucket: string;
  /** Empty for a request to a bucket. */
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: S3Headers;
  readonly body: IncomingMessage;
  /** Aborts when the client disconnects. */
  readonly signal: AbortSignal;
}

/** The headers by their lower-case names. */
export type S3Headers = ReadonlyMap<string, string>;

/** These parameters belong to the old authentication. Parameters with `x-` are ignored, too: SDKs add them to name the operation. */
const UNSIGNIFICANT_PARAMETERS = new Set(['awsaccesskeyid', 'signature', 'expires']);

export const isSignificantParameter = (name: string): boolean =>
  !UNSIGNIFICANT_PARAMETERS.has(name.toLowerCase()) && !name.toLowerCase().startsWith('x-');

/** Reads the raw target: a URL parser would fold `..` and `//`, which are ordinary parts of keys. */
export function readRequest(message: IncomingMessage, signal: AbortSignal): S3Request {
  const target = message.url ?? '/';
  const queryStart = target.indexOf('?');
  const rawPath = queryStart === -1 ? target : target.slice(0, queryStart);
  const query = new URLSearchParams(queryStart === -1 ? '' : target.slice(queryStart + 1));
  const { bucket, key } = splitPath(rawPath, bucketOfHost(message.headers.host));
  return {
    method: message.method ?? 'GET',
    bucket,
    key,
    query,
    headers: mergeHeaders(message.headers, query),
    body: message,
    signal,
  };
}

/**
 * Finds the bucket in `<bucket>.localhost`, the form that SDKs use unless they are configured to put the bucket
 * into the path.
 */
function bucketOfHost(host: string | undefined): string | undefined {
  return host === undefined ? undefined : /^(.+)\.localhost(?::\d+)?$/i.exec(host)?.[1];
}

function splitPath(rawPath: string, hostBucket: string | undefined): { readonly bucket: string; readonly key: string } {
  const path = rawPath.startsWith('/') ? rawPath.slice(1) : rawPath;
  const slash = path.indexOf('/');
  try {
    if (hostBucket !== undefined) return { bucket: hostBucket, key: decodeURIComponent(path) };
    return slash === -1
      ? { bucket: decodeURIComponent(path), key: '' }
      : { bucket: decodeURIComponent(path.slice(0, slash)), key: decodeURIComponent(path.slice(slash + 1)) };
  } catch {
    throw new S3Error(400, 'InvalidURI', "Couldn't parse the specified URI.", { URI: rawPath });
  }
}

/**
 * A presigned URL carries headers in its query:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 * S3 ignores some of them there: tags (https://github.com/aws/aws-sdk-go-v2/pull/1017), and checksums, which the
 * SDK computes from an empty body when it signs (https://github.com/aws/aws-sdk/issues/480).
 */
const UNREAD_IN_QUERY = /^x-amz-(checksum-|sdk-checksum-|tagging$)/;

function mergeHeaders(headers: IncomingHttpHeaders, query: URLSearchParams): S3Headers {
  const merged = new Map<string, string>();
  if (query.has('X-Amz-Signature') || query.has('AWSAccessKeyId')) {
    for (const [parameter, value] of query) {
      const name = parameter.toLowerCase();
      if (name.startsWith('x-amz-') && !UNREAD_IN_QUERY.test(name)) merged.set(name, value);
    }
  }
  for (const name in headers) {
    const value = headers[name];
    if (typeof value === 'string') merged.set(name, value);
  }
  return merged;
}
