/**
 * The properties that a request's headers announce for its body. They are read before the body arrives and compared
 * with it afterwards.
 */
import {
  CHECKSUM_ALGORITHMS,
  checksumHeader,
  parseAlgorithm,
  requireDigest,
  type ChecksumAlgorithm,
} from './checksums.js';
import { S3Error, badDigest, headerNotImplemented, invalidRequest } from './errors.js';
import type { S3Headers } from './request.js';

export interface BodyExpectations {
  /** The size without framing, in bytes. */
  readonly size: number;
  readonly isFramed: boolean;
  readonly md5: Buffer | undefined;
  readonly sha256: string | undefined;
  readonly checksum: { readonly algorithm: ChecksumAlgorithm; readonly digest: Buffer | 'in trailer' } | undefined;
}

export function readExpectations(headers: S3Headers): BodyExpectations {
  const payload = headers.get('x-amz-content-sha256') ?? '';
  const isFramed = payload.startsWith('STREAMING-') || /\baws-chunked\b/.test(headers.get('content-encoding') ?? '');
  const size = readSize(headers, isFramed);
  return {
    size,
    isFramed,
    md5: readContentMd5(headers),
    sha256: /^[0-9a-f]{64}$/.test(payload) ? payload : undefined,
    checksum: readChecksum(headers),
  };
}

function readSize(headers: S3Headers, isFramed: boolean): number {
  const name = isFramed ? 'x-amz-decoded-content-length' : 'content-length';
  const value = headers.get(name);
  if (value === undefined) {
    if (headers.has('transfer-encoding')) throw headerNotImplemented('Transfer-Encoding');
    throw new S3Error(411, 'MissingContentLength', `You must provide the ${name} HTTP header.`);
  }
  if (!/^\d{1,15}$/.test(value)) throw invalidRequest(`Value for ${name} header is invalid.`);
  return Number(value);
}

function readContentMd5(headers: S3Headers): Buffer | undefined {
  const value = headers.get('content-md5');
  if (value === undefined) return undefined;
  const digest = Buffer.from(value, 'base64');
  if (digest.length !== 16) throw new S3Error(400, 'InvalidDigest', 'The Content-MD5 you specified was invalid.');
  return digest;
}

const CHECKSUM_PREFIX = 'x-amz-checksum-';
const NOT_DIGESTS = new Set(['x-amz-checksum-mode', 'x-amz-checksum-algorithm', 'x-amz-checksum-type']);

function readChecksum(headers: S3Headers): BodyExpectations['checksum'] {
  const names = [...headers.keys()].filter((name) => name.startsWith(CHECKSUM_PREFIX) && !NOT_DIGESTS.has(name));
  const trailer = headers.get('x-amz-trailer')?.trim().toLowerCase();
  const trailers = trailer?.startsWith(CHECKSUM_PREFIX) ? [trailer] : [];
  const [name, ...others] = [...names, ...trailers];
  if (name === undefined) {
    if (headers.has('x-amz-sdk-checksum-algorithm')) {
      throw invalidRequest(
        'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
      );
    }
    return undefined;
  }
  if (others.length > 0) {
    throw invalidRequest('Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.');
  }
  const algorithm = parseAlgorithm(name.slice(CHECKSUM_PREFIX.length));
  const value = headers.get(name);
  return { algorithm, digest: value === undefined ? 'in trailer' : requireDigest(algorithm, value, `${name} header`) };
}

/** Returns the algorithm of the checksum that the request brings. */
export const bodyAlgorithm = (headers: S3Headers): ChecksumAlgorithm | undefined => readChecksum(headers)?.algorithm;

/** Throws on the first difference. */
export function checkBody(
  expected: BodyExpectations,
  computed: { readonly md5: Buffer; readonly checksum: Buffer | undefined; readonly sha256: string | undefined },
  trailers: ReadonlyMap<string, string>,
): void {
  if (expected.sha256 !== computed.sha256) {
    throw new S3Error(
      400,
      'XAmzContentSHA256Mismatch',
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
      { ClientComputedContentSHA256: expected.sha256 ?? '', S3ComputedContentSHA256: computed.sha256 ?? '' },
    );
  }
  if (expected.md5 !== undefined && !expected.md5.equals(computed.md5)) {
    throw badDigest('The Content-MD5 you specified did not match what we received.');
  }
  if (expected.checksum === undefined) return;
  const { algorithm, digest } = expected.checksum;
  const given = digest === 'in trailer' ? trailerDigest(algorithm, trailers) : digest;
  if (computed.checksum?.equals(given) !== true) {
    throw badDigest(`The ${algorithm} you specified did not match the calculated checksum.`);
  }
}

function trailerDigest(algorithm: ChecksumAlgorithm, trailers: ReadonlyMap<string, string>): Buffer {
  const name = checksumHeader(algorithm);
  const value = trailers.get(name);
  if (value === undefined) {
    throw new S3Error(400, 'MalformedTrailerError', 'The request contained trailing data that was not well-formed.');
  }
  return requireDigest(algorithm, value, `${name} trailing header`);
}

/** Returns the checksum of the whole object that a CompleteMultipartUpload request announces, if any. */
export function readObjectChecksum(
  headers: S3Headers,
): { readonly algorithm: ChecksumAlgorithm; readonly value: string } | undefined {
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const value = headers.get(checksumHeader(algorithm));
    if (value !== undefined) return { algorithm, value };
  }
  return undefined;
}
