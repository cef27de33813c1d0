import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHasher, type ChecksumAlgorithm } from '../../../local/s3/checksums.js';
import { joinCrcs } from '../../../local/s3/crc.js';
import { codeOf, rawRequest, refusedBeforeBody } from './raw-request.js';
import { BUCKET, startS3, type S3Cloud } from './s3-cloud.js';

let cloud: S3Cloud;
beforeAll(async () => {
  cloud = await startS3();
});
afterAll(() => cloud.close());

const digest = (algorithm: ChecksumAlgorithm, data: string | Uint8Array): Buffer => {
  const hasher = createHasher(algorithm);
  hasher.update(Buffer.from(data));
  return hasher.digest();
};

describe('the algorithms', () => {
  // The check values come from https://reveng.sourceforge.io/crc-catalogue/all.htm
  it.each([
    ['CRC32', 'cbf43926'],
    ['CRC32C', 'e3069283'],
    ['CRC64NVME', 'ae8b14860a799888'],
  ] as const)('%s has its check value', (algorithm, expected) => {
    expect(digest(algorithm, '123456789').toString('hex')).toBe(expected);
  });

  it('give the same result for data in any pieces, and the CRCs of parts join to that of the whole', () => {
    const crcs = fc.constantFrom('CRC32' as const, 'CRC32C' as const, 'CRC64NVME' as const);
    fc.assert(
      fc.property(crcs, fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 }), (algorithm, pieces) => {
        const whole = digest(algorithm, Buffer.concat(pieces));
        const hasher = createHasher(algorithm);
        for (const piece of pieces) hasher.update(piece);
        expect(hasher.digest()).toEqual(whole);
        const parts = pieces.map((piece) => ({ digest: digest(algorithm, piece), size: piece.length }));
        expect(joinCrcs(algorithm, parts)).toEqual(whole);
      }),
    );
  });
});

describe('a body that differs from its headers', () => {
  const content = 'some content';
  const md5 = (text: string) => createHash('md5').update(text).digest('base64');
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

  it.each([
    ['another MD5', { 'content-md5': md5('other') }, 'BadDigest', 400],
    ['no MD5 at all', { 'content-md5': 'abc' }, 'InvalidDigest', 400],
    ['another SHA-256', { 'x-amz-content-sha256': sha256('other') }, 'XAmzContentSHA256Mismatch', 400],
    ['a checksum that is none', { 'x-amz-checksum-crc32': 'abc' }, 'InvalidRequest', 400],
    [
      'two checksums',
      { 'x-amz-checksum-crc32': 'AAAAAA==', 'x-amz-checksum-crc32c': 'AAAAAA==' },
      'InvalidRequest',
      400,
    ],
    ['a checksum of an unknown kind', { 'x-amz-checksum-crc7': 'AA==' }, 'NotImplemented', 501],
    ['too large', { 'content-length': 6 * 1024 ** 3 }, 'EntityTooLarge', 400],
  ])('is refused: %s', async (_what, headers, code, status) => {
    const path = `/${BUCKET}/unmatched`;
    const options = { headers: { 'content-length': content.length, ...headers } };
    // A body whose announced length is too large is never sent.
    const isSent = options.headers['content-length'] === content.length;
    const reply = isSent
      ? await rawRequest(cloud.port, 'PUT', path, { ...options, pieces: [content] })
      : await refusedBeforeBody(cloud.port, path, options.headers);
    expect([codeOf(reply), reply.status]).toEqual([code, status]);
    expect((await rawRequest(cloud.port, 'HEAD', path)).status).toBe(404);
  });

  it('is accepted when they match', async () => {
    const headers = {
      'content-length': content.length,
      'content-md5': md5(content),
      'x-amz-content-sha256': sha256(content),
    };
    const reply = await rawRequest(cloud.port, 'PUT', `/${BUCKET}/matched`, { headers, pieces: [content] });
    expect([reply.status, reply.headers.etag]).toEqual([200, `"${createHash('md5').update(content).digest('hex')}"`]);
  });

  it('is refused without a length, as AWS refuses it', async () => {
    const chunked = await rawRequest(cloud.port, 'PUT', `/${BUCKET}/unsized`, {
      headers: { 'transfer-encoding': 'chunked' },
      pieces: [content],
    });
    expect([codeOf(chunked), chunked.status]).toEqual(['NotImplemented', 501]);
  });
});

it.each(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const)(
  'a wrong %s in a trailer is refused',
  async (algorithm) => {
    const header = `x-amz-checksum-${algorithm.toLowerCase()}`;
    const wrong = digest(algorithm, 'other content').toString('base64');
    const reply = await rawRequest(cloud.port, 'PUT', `/${BUCKET}/wrong-trailer`, {
      headers: {
        'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
        'x-amz-decoded-content-length': 12,
        'x-amz-trailer': header,
      },
      pieces: [`c\r\nsome content\r\n0\r\n${header}:${wrong}\r\n\r\n`],
    });
    expect([reply.status, codeOf(reply)]).toEqual([400, 'BadDigest']);
    expect((await rawRequest(cloud.port, 'HEAD', `/${BUCKET}/wrong-trailer`)).status).toBe(404);
  },
);
