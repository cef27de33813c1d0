/**
 * Receives a body: removes its framing, passes it on piece by piece, and refuses it at the end if it differs from
 * what the headers announced.
 */
import { createHash } from 'node:crypto';
import { mostBodyBytes } from '../http/body-bounds.js';
import { decodeAwsChunked } from './aws-chunked.js';
import { checkBody, readExpectations, type BodyExpectations } from './body-expectations.js';
import type { Body } from './body.js';
import type { BodyStore } from './body-store.js';
import { createHasher, DEFAULT_ALGORITHM, type Checksum, type ChecksumAlgorithm } from './checksums.js';
import { documentTooLarge, entityTooLarge, incompleteBody, malformedXml } from './errors.js';
import type { S3Request } from './request.js';

/** The largest size of a put or a part: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export const MAX_PUT_BYTES = 5 * 1024 ** 3;

export interface Received {
  readonly body: Body;
  readonly md5: Buffer;
  /** The checksum that the request brought, or else one of the wanted algorithm. */
  readonly checksum: Checksum;
  /** The checksum of the wanted algorithm. */
  readonly wanted: Checksum;
}

/** The caller owns the body. The checksum of the algorithm `wanted` is always computed. */
export async function receiveBody(
  request: S3Request,
  bodies: BodyStore,
  wanted: ChecksumAlgorithm | 'the one that comes',
): Promise<Received> {
  const expected = readExpectations(request.headers);
  if (expected.size > MAX_PUT_BYTES) throw entityTooLarge(expected.size, MAX_PUT_BYTES);
  const given = expected.checksum?.algorithm;
  const needed = wanted === 'the one that comes' ? (given ?? DEFAULT_ALGORITHM) : wanted;
  const writer = bodies.create(expected.size);
  try {
    const { md5, checksums } = await receive(request, expected, [given ?? needed, needed], (piece) =>
      writer.write(piece),
    );
    const [first, second] = checksums.map(({ algorithm, digest }): Checksum => ({
      algorithm,
      type: 'FULL_OBJECT',
      value: digest.toString('base64'),
    }));
    if (first === undefined) throw new Error('A body was received without its checksum.');
    return { body: await writer.finish(), md5, checksum: first, wanted: second ?? first };
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

/**
 * Receives a document into memory, so its size must be small. When an upload is completed, checksum headers
 * describe the object, not the document.
 */
export async function receiveDocument(
  request: S3Request,
  operation: string,
  options: { readonly checksumIsOfBody: boolean } = { checksumIsOfBody: true },
): Promise<string> {
  const announced = readExpectations(request.headers);
  const most = mostBodyBytes('s3', operation);
  if (announced.size > most) throw documentTooLarge(announced.size, most);
  const expected = options.checksumIsOfBody ? announced : { ...announced, checksum: undefined };
  const pieces: Uint8Array[] = [];
  const algorithms = expected.checksum === undefined ? [] : [expected.checksum.algorithm];
  await receive(request, expected, algorithms, (piece) => void pieces.push(piece));
  const text = Buffer.concat(pieces).toString('utf8');
  if (text === '') throw malformedXml();
  return text;
}

interface Digest {
  readonly algorithm: ChecksumAlgorithm;
  readonly digest: Buffer;
}

/** The algorithms may contain one twice. The first is that of the request's own checksum, if it brought one. */
async function receive(
  request: S3Request,
  expected: BodyExpectations,
  algorithms: readonly ChecksumAlgorithm[],
  write: (piece: Uint8Array) => Promise<void> | undefined | void,
): Promise<{ readonly md5: Buffer; readonly checksums: readonly Digest[] }> {
  // The request must not be destroyed on a refusal, because the socket is still needed for the reply.
  const source = request.body.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
  const framing = expected.isFramed ? decodeAwsChunked(source) : { data: source, trailers: new Map<string, string>() };
  const hashers = [...new Set(algorithms)].map((algorithm) => ({ algorithm, hasher: createHasher(algorithm) }));
  const md5 = createHash('md5');
  const sha256 = expected.sha256 === undefined ? undefined : createHash('sha256');
  let size = 0;
  for await (const piece of framing.data) {
    size += piece.length;
    if (size > expected.size) throw incompleteBody();
    // The hashes are computed while the disk writes.
    const written = write(piece);
    md5.update(piece);
    for (const { hasher } of hashers) hasher.update(piece);
    sha256?.update(piece);
    if (written !== undefined) await written;
  }
  if (size !== expected.size) throw incompleteBody();
  const checksums = hashers.map(({ algorithm, hasher }) => ({ algorithm, digest: hasher.digest() }));
  const digests = { md5: md5.digest(), checksum: checksums[0]?.digest, sha256: sha256?.digest('hex') };
  checkBody(expected, digests, framing.trailers);
  return { md5: digests.md5, checksums };
}
