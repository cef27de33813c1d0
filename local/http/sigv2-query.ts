/**
 * Presigned URLs of Signature Version 2. S3 still accepts them in its older regions, and the AWS CLI and boto3 make
 * them there by default:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html
 * An Authorization header with this signature is refused: none of today's tools sends one.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { QueryParameter } from './canonical-request.js';
import type { Credentials } from './credentials.js';
import { Refusal } from './refusal.js';

export interface QuerySignedRequest {
  readonly method: string;
  /** The path as it arrived, not decoded. */
  readonly path: string;
  readonly query: readonly QueryParameter[];
  readonly headers: ReadonlyMap<string, string>;
  readonly nowMs: number;
}

/** The query parameters that are part of the signature; all others are unsigned. */
const SIGNED_PARAMETERS = new Set([
  ...['accelerate', 'acl', 'cors', 'delete', 'encryption', 'lifecycle', 'location', 'logging', 'notification'],
  ...['object-lock', 'ownershipControls', 'partNumber', 'policy', 'publicAccessBlock', 'replication', 'requestPayment'],
  ...[
    'response-cache-control',
    'response-content-disposition',
    'response-content-encoding',
    'response-content-language',
  ],
  ...[
    'response-content-type',
    'response-expires',
    'restore',
    'select',
    'select-type',
    'tagging',
    'torrent',
    'uploadId',
  ],
  ...['uploads', 'versionId', 'versioning', 'versions', 'website'],
]);

export const isQuerySigned = (query: readonly QueryParameter[]): boolean =>
  ['AWSAccessKeyId', 'Signature', 'Expires'].every((wanted) => query.some(({ name }) => name === wanted));

/** Returns the id of the key. Throws a Refusal unless a known key signed the URL and its time has not expired. */
export function checkQuerySignature(request: QuerySignedRequest, credentials: Credentials): string {
  const parameters = new Map(request.query.map(({ name, value }) => [name, value]));
  const accessKeyId = parameters.get('AWSAccessKeyId') ?? '';
  const expires = parameters.get('Expires') ?? '';
  const key = credentials.find(accessKeyId);
  if (key === undefined) throw new Refusal('s3', 'unknown-key', { details: { AWSAccessKeyId: accessKeyId } });
  if (!/^\d{1,12}$/.test(expires) || request.nowMs > Number(expires) * 1000) throw new Refusal('s3', 'expired');
  if (parameters.get('x-amz-security-token') !== key.sessionToken) throw new Refusal('s3', 'wrong-token');
  const stringToSign = stringToSignOf(request, parameters, expires);
  const expected = createHmac('sha1', key.secretAccessKey).update(stringToSign, 'latin1').digest();
  const given = Buffer.from(parameters.get('Signature') ?? '', 'base64');
  if (given.length === expected.length && timingSafeEqual(given, expected)) return accessKeyId;
  throw new Refusal('s3', 'wrong-signature', {
    details: { AWSAccessKeyId: accessKeyId, StringToSign: stringToSign, SignatureProvided: given.toString('base64') },
  });
}

function stringToSignOf(
  { method, path, query, headers }: QuerySignedRequest,
  parameters: ReadonlyMap<string, string>,
  expires: string,
): string {
  // A presigned URL may carry a header's value in its query instead.
  const header = (name: string): string => parameters.get(name) ?? headers.get(name) ?? '';
  const names = [...headers.keys(), ...parameters.keys()].filter((name) => name.startsWith('x-amz-'));
  const amzHeaders = [...new Set(names)].sort().map((name) => `${name}:${header(name)}\n`);
  const signed = query
    .filter(({ name }) => SIGNED_PARAMETERS.has(name))
    .sort((left, right) => (left.name < right.name ? -1 : 1))
    .map(({ name, value }) => (value === '' ? name : `${name}=${value}`));
  // A bucket in the host name is signed as if it were in the path.
  const [, bucket] = /^(.+)\.localhost(?::\d+)?$/i.exec(headers.get('host') ?? '') ?? [];
  const resource = `${bucket === undefined ? '' : `/${bucket}`}${path}${signed.length === 0 ? '' : `?${signed.join('&')}`}`;
  return `${[method, header('content-md5'), header('content-type'), expires].join('\n')}\n${amzHeaders.join('')}${resource}`;
}
