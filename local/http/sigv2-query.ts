/**
 * Presigned URLs of Signature Version 2, which S3 still takes in its older regions, and the AWS CLI and boto3 still make there
 * unless they are told otherwise: https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html
 * Requests that are signed so in their Authorization header are refused: none of today's tools sends any.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { QueryParameter } from './canonical-request.js';
import type { Credentials } from './credentials.js';
import { Refusal } from './refusal.js';

export interface QuerySignedRequest {
  readonly method: string;
  /** As it came. */
  readonly path: string;
  readonly query: readonly QueryParameter[];
  readonly headers: ReadonlyMap<string, string>;
  readonly nowMs: number;
}

/** The parameters that say what the request is for; any other is not signed. */
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

/** The id of the key; throws a Refusal unless the URL was signed with a key that is known, and its time is not over. */
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
  // What would have been a header may be in the query instead.
  const header = (name: string): string => parameters.get(name) ?? headers.get(name) ?? '';
  const names = [...headers.keys(), ...parameters.keys()].filter((name) => name.startsWith('x-amz-'));
  const amzHeaders = [...new Set(names)].sort().map((name) => `${name}:${header(name)}\n`);
  const signed = query
    .filter(({ name }) => SIGNED_PARAMETERS.has(name))
    .sort((left, right) => (left.name < right.name ? -1 : 1))
    .map(({ name, value }) => (value === '' ? name : `${name}=${value}`));
  // A bucket that the host names is signed as if the path did.
  const [, bucket] = /^(.+)\.localhost(?::\d+)?$/i.exec(headers.get('host') ?? '') ?? [];
  const resource = `${bucket === undefined ? '' : `/${bucket}`}${path}${signed.length === 0 ? '' : `?${signed.join('&')}`}`;
  return `${[method, header('content-md5'), header('content-type'), expires].join('\n')}\n${amzHeaders.join('')}${resource}`;
}
