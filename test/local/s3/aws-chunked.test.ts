import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { decodeAwsChunked } from '../../../local/s3/aws-chunked.js';
import { codeOf, rawRequest } from './raw-request.js';
import { BUCKET, startS3, type S3Cloud } from './s3-cloud.js';

let cloud: S3Cloud;
beforeAll(async () => {
  cloud = await startS3();
});
afterAll(() => cloud.close());

const SIGNATURE = `;chunk-signature=${'ab'.repeat(32)}`;

function frame(chunks: readonly Uint8Array[], extension: string, trailers: readonly string[]): Buffer {
  const framed = chunks
    .filter((chunk) => chunk.length > 0)
    .map((chunk) =>
      Buffer.concat([Buffer.from(`${chunk.length.toString(16)}${extension}\r\n`), chunk, Buffer.from('\r\n')]),
    );
  return Buffer.concat([
    ...framed,
    Buffer.from(`0${extension}\r\n${trailers.map((line) => `${line}\r\n`).join('')}\r\n`),
  ]);
}

async function decode(pieces: readonly Uint8Array[]) {
  async function* source(): AsyncGenerator<Uint8Array> {
    yield* pieces;
  }
  const { data, trailers } = decodeAwsChunked(source());
  const decoded: Uint8Array[] = [];
  for await (const piece of data) decoded.push(piece);
  return { data: Buffer.concat(decoded), trailers };
}

it('chunks that are split anywhere decode to the original data and trailers', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 5 }),
      fc.constantFrom('', SIGNATURE),
      fc.array(fc.nat(400), { maxLength: 8 }),
      async (chunks, extension, cuts) => {
        const framed = frame(chunks, extension, ['x-amz-checksum-crc32:AAAAAA==', 'X-Amz-Trailer-Signature: abc']);
        const edges = [0, ...cuts.sort((left, right) => left - right), framed.length];
        const pieces = edges.slice(1).map((edge, index) => framed.subarray(edges[index], edge));
        const decoded = await decode(pieces);
        expect(decoded.data).toEqual(Buffer.concat(chunks));
        expect(Object.fromEntries(decoded.trailers)).toEqual({
          'x-amz-checksum-crc32': 'AAAAAA==',
          'x-amz-trailer-signature': 'abc',
        });
      },
    ),
  );
});

it.each([
  ['ends early', '5\r\nhel', 'IncompleteBody'],
  ['has no last chunk', '5\r\nhello\r\n', 'IncompleteBody'],
  ['has a size that is none', 'xyz\r\nhello\r\n0\r\n\r\n', 'InvalidRequest'],
  ['has a chunk longer than its size', '4\r\nhello\r\n0\r\n\r\n', 'InvalidRequest'],
  ['has no line end in sight', 'a'.repeat(600), 'InvalidRequest'],
  ['has endless trailers', `0\r\n${'a: b\r\n'.repeat(5000)}`, 'InvalidRequest'],
])('a framing that %s is refused', async (_what, body, code) => {
  await expect(decode([Buffer.from(body)])).rejects.toMatchObject({ code });
});

const put = (payload: string, headers: Record<string, string | number>, body: string | Buffer) =>
  rawRequest(cloud.port, 'PUT', `/${BUCKET}/framed`, {
    headers: { 'x-amz-content-sha256': payload, ...headers },
    pieces: [body],
  });

it('signed chunks are decoded too, with a trailer and without', async () => {
  const content = Buffer.from('hello world');
  const headers = { 'x-amz-decoded-content-length': content.length, 'content-encoding': 'aws-chunked,gzip' };
  const signed = await put('STREAMING-AWS4-HMAC-SHA256-PAYLOAD', headers, frame([content], SIGNATURE, []));
  expect(signed.status).toBe(200);
  const got = await rawRequest(cloud.port, 'GET', `/${BUCKET}/framed`);
  expect([got.body, got.headers['content-encoding']]).toEqual(['hello world', 'gzip']);
  const trailed = await put(
    'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
    { ...headers, 'x-amz-trailer': 'x-amz-checksum-crc32' },
    frame([content], SIGNATURE, ['x-amz-checksum-crc32:DUoRhQ==', 'x-amz-trailer-signature:ab']),
  );
  expect([trailed.status, trailed.headers['x-amz-checksum-crc32']]).toEqual([200, 'DUoRhQ==']);
});

it('an announced trailer must arrive, and the length must be right', async () => {
  const unsigned = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';
  const body = frame([Buffer.from('hello')], '', []);
  const announced = { 'x-amz-decoded-content-length': 5, 'x-amz-trailer': 'x-amz-checksum-crc32' };
  expect(codeOf(await put(unsigned, announced, body))).toBe('MalformedTrailerError');
  expect(codeOf(await put(unsigned, { 'x-amz-decoded-content-length': 6 }, body))).toBe('IncompleteBody');
  expect(codeOf(await put(unsigned, { 'x-amz-decoded-content-length': 4 }, body))).toBe('IncompleteBody');
});
