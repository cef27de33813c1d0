/**
 * Verifies Signature Version 4:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 *
 * The canonical request is rebuilt from the bytes on the wire, never from a parser's result. The payload's hash is
 * taken as declared where a body is streamed (S3, whose reader checks it) and computed where the body is read
 * whole. Signatures of single chunks (STREAMING-AWS4-HMAC-SHA256-PAYLOAD) and the region of the scope are not
 * checked.
 */
import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { AccessKey, Credentials } from './credentials.js';
import { canonicalPath, canonicalQuery, headerMap, splitTarget } from './canonical-request.js';
import { readAuthorization, type Authorization } from './authorization.js';
import { Refusal } from './refusal.js';
import type { Service } from './service.js';
import { checkQuerySignature, isQuerySigned } from './sigv2-query.js';

const ALGORITHM = 'AWS4-HMAC-SHA256';
/**
 * AWS documents this limit for the clock skew:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html#RESTAuthenticationTimeStamp
 */
const MAX_SKEW_MS = 15 * 60_000;
const HEX_SHA256 = /^[0-9a-f]{64}$/;
/**
 * The cache for one access key holds a signing key per day, region and service. A client may name any region, so
 * the cache is bounded.
 */
const MAX_SIGNING_KEYS = 64;

export interface SignedRequest {
  readonly service: Service['name'];
  readonly message: Pick<IncomingMessage, 'method' | 'url' | 'rawHeaders'>;
  /** The body, if it was read whole. */
  readonly body: Uint8Array | undefined;
  readonly nowMs: number;
}

/** Returns the id of the key. Throws a Refusal unless a known key signed the request within the allowed time. */
export function checkSignature(request: SignedRequest, credentials: Credentials): string {
  const { service, message, nowMs } = request;
  const { path, query } = splitTarget(message.url ?? '/');
  const headers = headerMap(message.rawHeaders);
  if (service === 's3' && isQuerySigned(query)) {
    return checkQuerySignature({ method: message.method ?? 'GET', path, query, headers, nowMs }, credentials);
  }
  const authorization = readAuthorization(service, headers, query);
  checkTime(service, authorization, nowMs);
  const key = credentials.find(authorization.accessKeyId);
  if (key === undefined) {
    throw new Refusal(service, 'unknown-key', { details: { AWSAccessKeyId: authorization.accessKeyId } });
  }
  checkToken(service, authorization, key);
  checkSignedHeaders(service, authorization, headers);

  const canonicalRequest = [
    message.method ?? 'GET',
    canonicalPath(path, service === 's3'),
    canonicalQuery(query),
    ...authorization.signedHeaders.map((name) => `${name}:${headers.get(name) ?? ''}`),
    '',
    authorization.signedHeaders.join(';'),
    payloadHash(request, authorization, headers),
  ].join('\n');
  const { scope, time } = authorization;
  // Node decodes headers as latin1, so this restores the original bytes.
  const stringToSign = `${ALGORITHM}\n${time.text}\n${scope.text}\n${sha256(Buffer.from(canonicalRequest, 'latin1'))}`;
  const expected = createHmac('sha256', signingKey(key, scope)).update(stringToSign).digest();
  const given = Buffer.from(authorization.signature, 'hex');
  if (given.length === expected.length && timingSafeEqual(given, expected)) return key.accessKeyId;
  throw new Refusal(service, 'wrong-signature', {
    details: {
      AWSAccessKeyId: authorization.accessKeyId,
      StringToSign: stringToSign,
      SignatureProvided: authorization.signature,
      CanonicalRequest: canonicalRequest,
    },
  });
}

function checkTime(service: Service['name'], { time, expiresSeconds }: Authorization, nowMs: number): void {
  if (expiresSeconds === undefined) {
    if (Math.abs(nowMs - time.ms) > MAX_SKEW_MS) throw new Refusal(service, 'skewed');
    return;
  }
  if (time.ms - nowMs > MAX_SKEW_MS) throw new Refusal(service, 'not-yet-valid');
  if (nowMs > time.ms + expiresSeconds * 1000) throw new Refusal(service, 'expired');
}

function checkToken(service: Service['name'], { sessionToken }: Authorization, key: AccessKey): void {
  const [given, expected] = [sessionToken, key.sessionToken].map((token) => Buffer.from(token ?? ''));
  const isRight = given?.length === expected?.length && timingSafeEqual(given ?? empty, expected ?? empty);
  if (!isRight) throw new Refusal(service, 'wrong-token');
}

const empty = Buffer.alloc(0);

/**
 * Headers that are not signed could be changed on the way:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
function checkSignedHeaders(
  service: Service['name'],
  { signedHeaders }: Authorization,
  headers: ReadonlyMap<string, string>,
): void {
  if (!signedHeaders.includes('host')) throw new Refusal(service, 'host-unsigned');
  if (service !== 's3') return;
  const unsigned = [...headers.keys()].filter((name) => name.startsWith('x-amz-') && !signedHeaders.includes(name));
  if (unsigned.length > 0) {
    throw new Refusal(service, 'headers-unsigned', { details: { HeadersNotSigned: unsigned.join(', ') } });
  }
}

function payloadHash(
  { service, body }: SignedRequest,
  authorization: Authorization,
  headers: ReadonlyMap<string, string>,
): string {
  const declared = headers.get('x-amz-content-sha256') ?? authorization.contentSha256;
  if (service !== 's3') return body === undefined && declared !== undefined ? declared : sha256(body ?? empty);
  if (declared === undefined) {
    if (authorization.expiresSeconds !== undefined) return 'UNSIGNED-PAYLOAD';
    throw new Refusal(service, 'content-hash-missing');
  }
  if (!HEX_SHA256.test(declared) && declared !== 'UNSIGNED-PAYLOAD' && !declared.startsWith('STREAMING-')) {
    throw new Refusal(service, 'content-hash-malformed', {
      details: { ArgumentName: 'x-amz-content-sha256', ArgumentValue: declared },
    });
  }
  return declared;
}

const sha256 = (data: Uint8Array): string => hash('sha256', data);

/** The signing keys are dropped together with their access key. */
const signingKeys = new WeakMap<AccessKey, Map<string, Buffer>>();

function signingKey(key: AccessKey, { text, date, region, service }: Authorization['scope']): Buffer {
  let known = signingKeys.get(key);
  if (known === undefined || known.size > MAX_SIGNING_KEYS) signingKeys.set(key, (known = new Map<string, Buffer>()));
  let signing = known.get(text);
  if (signing === undefined) {
    signing = [date, region, service, 'aws4_request'].reduce<Buffer>(
      (secret, part) => createHmac('sha256', secret).update(part).digest(),
      Buffer.from(`AWS4${key.secretAccessKey}`),
    );
    known.set(text, signing);
  }
  return signing;
}
