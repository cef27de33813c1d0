/**
 * Receives a body: takes off its framing, passes it on piece by piece, and refuses it at the end when it is not what the
 * request said that it is. Nothing is held but the piece in hand.
 */
import { createHash } from 'node:crypto';
import { decodeAwsChunked } from './aws-chunked.js';
import type { Body, BodyStore } from './body-store.js';
import {
  CHECKSUM_ALGORITHMS,
  checksumHeader,
  createHasher,
  parseAlgorithm,
  requireDigest,
  type Checksum,
  type ChecksumAlgorithm,
} from './checksums.js';
import { S3Error, badDigest, headerNotImplemented, incompleteBody, invalidRequest, malformedXml } from './errors.js';
import type { S3Headers, S3Request } from './request.js';

/** The most that one put or part may bring: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export const MAX_PUT_BYTES = 5 * 1024 ** 3;
/** 10,000 parts or 1,000 keys of 1,024 bytes, each byte escaped. */
const MAX_DOCUMENT_BYTES = 8 * 1024 * 1024;

export interface Received {
  readonly body: Body;
  readonly md5: Buffer;
  readonly checksum?: Checksum;
}

/** On disk; the caller owns the body. `algorithm` is worked out when the request brings no checksum. */
export async function receiveToDisk(
  request: S3Request,
  bodies: BodyStore,
  algorithm?: ChecksumAlgorithm,
): Promise<Received> {
  const expected = readExpectations(request.headers, MAX_PUT_BYTES);
  const writer = bodies.create();
  try {
    const digests = await receive(request, expected, algorithm, (piece) => writer.write(piece));
    return { body: await writer.finish(), ...digests };
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

/** A small document, in memory. On completing an upload, checksum headers are about the object, not about the document. */
export async function receiveDocument(
  request: S3Request,
  options: { readonly checksumIsOfBody: boolean } = { checksumIsOfBody: true },
): Promise<string> {
  const expected = readExpectations(request.headers, MAX_DOCUMENT_BYTES);
  const pieces: Uint8Array[] = [];
  await receive(
    request,
    options.checksumIsOfBody ? expected : { ...expected, checksum: undefined },
    undefined,
    async (piece) => void pieces.push(piece),
  );
  const text = Buffer.concat(pieces).toString('utf8');
  if (text === '') throw malformedXml();
  return text;
}

interface Expectations {
  readonly size: number;
  readonly isFramed: boolean;
  readonly md5: Buffer | undefined;
  readonly sha256: string | undefined;
  readonly checksum: { readonly algorithm: ChecksumAlgorithm; readonly digest: Buffer | 'in trailer' } | undefined;
}

function readExpectations(headers: S3Headers, maxBytes: number): Expectations {
  const payload = headers.get('x-amz-content-sha256') ?? '';
  const isFramed = payload.startsWith('STREAMING-') || /\baws-chunked\b/.test(headers.get('content-encoding') ?? '');
  const size = readSize(headers, isFramed);
  if (size > maxBytes) {
    throw new S3Error(400, 'EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', {
      ProposedSize: String(size),
      MaxSizeAllowed: String(maxBytes),
    });
  }
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

function readChecksum(headers: S3Headers): Expectations['checksum'] {
  const names = [...headers.keys()].filter((name) => name.startsWith(CHECKSUM_PREFIX) && !NOT_DIGESTS.has(name));
  const trailer = headers.get('x-amz-trailer')?.trim().toLowerCase();
  const trailers = trailer?.startsWith(CHECKSUM_PREFIX) ? [trailer] : [];
  const [name, ...others] = [...names, ...trailers];
  if (name === undefined) return undefined;
  if (others.length > 0) {
    throw invalidRequest('Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.');
  }
  const algorithm = parseAlgorithm(name.slice(CHECKSUM_PREFIX.length));
  const value = headers.get(name);
  return { algorithm, digest: value === undefined ? 'in trailer' : requireDigest(algorithm, value, `${name} header`) };
}

async function receive(
  request: S3Request,
  expected: Expectations,
  wanted: ChecksumAlgorithm | undefined,
  write: (piece: Uint8Array) => Promise<void>,
): Promise<{ readonly md5: Buffer; readonly checksum?: Checksum }> {
  // Not destroyed on a refusal: the socket is still needed for the reply.
  const source = request.body.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
  const framing = expected.isFramed ? decodeAwsChunked(source) : { data: source, trailers: new Map<string, string>() };
  const algorithm = expected.checksum?.algorithm ?? wanted;
  const checksum = algorithm === undefined ? undefined : createHasher(algorithm);
  const md5 = createHash('md5');
  const sha256 = expected.sha256 === undefined ? undefined : createHash('sha256');
  let size = 0;
  for await (const piece of framing.data) {
    size += piece.length;
    if (size > expected.size) throw incompleteBody();
    const written = write(piece);
    // The hashes are worked out while the disk writes; a failed write is met by the await below.
    written.catch(() => undefined);
    md5.update(piece);
    checksum?.update(piece);
    sha256?.update(piece);
    await written;
  }
  if (size !== expected.size) throw incompleteBody();
  const digests = { md5: md5.digest(), checksum: checksum?.digest(), sha256: sha256?.digest('hex') };
  compare(expected, digests, framing.trailers);
  return {
    md5: digests.md5,
    ...(algorithm !== undefined &&
      digests.checksum !== undefined && {
        checksum: { algorithm, type: 'FULL_OBJECT' as const, value: digests.checksum.toString('base64') },
      }),
  };
}

function compare(
  expected: Expectations,
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

/** The one checksum that a completing request says the whole object has. */
export function readObjectChecksum(
  headers: S3Headers,
): { readonly algorithm: ChecksumAlgorithm; readonly value: string } | undefined {
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const value = headers.get(checksumHeader(algorithm));
    if (value !== undefined) return { algorithm, value };
  }
  return undefined;
}
