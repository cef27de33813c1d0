/**
 * Receives a body: takes off its framing, passes it on piece by piece, and refuses it at the end when it is not what the
 * request said that it is. Nothing is held but the piece in hand.
 */
import { createHash } from 'node:crypto';
import { decodeAwsChunked } from './aws-chunked.js';
import { checkBody, readExpectations, type BodyExpectations } from './body-expectations.js';
import type { Body, BodyStore } from './body-store.js';
import { createHasher, type Checksum, type ChecksumAlgorithm } from './checksums.js';
import { incompleteBody, malformedXml } from './errors.js';
import type { S3Request } from './request.js';

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

async function receive(
  request: S3Request,
  expected: BodyExpectations,
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
  checkBody(expected, digests, framing.trailers);
  return {
    md5: digests.md5,
    ...(algorithm !== undefined &&
      digests.checksum !== undefined && {
        checksum: { algorithm, type: 'FULL_OBJECT' as const, value: digests.checksum.toString('base64') },
      }),
  };
}
