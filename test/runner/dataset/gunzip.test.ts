import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gunzip } from '../../../runner/dataset/gunzip.js';
import { UserError } from '../../../runner/errors.js';
import { chunksAt, chunksOf } from './reading.js';

const { signal } = new AbortController();

async function unpacked(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of gunzip(chunks, 'data.gz', signal)) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

describe('gzip', () => {
  it('is unpacked with any members and zero bytes, however the bytes arrive', async () => {
    const piece = fc.oneof(
      fc.string({ maxLength: 300 }).map((text) => ({ text, bytes: gzipSync(text) })),
      fc.integer({ min: 1, max: 600 }).map((zeros) => ({ text: '', bytes: Buffer.alloc(zeros) })),
    );
    const first = fc.string().map((text) => ({ text, bytes: gzipSync(text) }));
    await fc.assert(
      fc.asyncProperty(first, fc.array(piece, { maxLength: 5 }), fc.array(fc.nat(1_500)), async (start, rest, cuts) => {
        const pieces = [start, ...rest];
        const bytes = Buffer.concat(pieces.map(({ bytes }) => bytes));
        expect(await unpacked(chunksAt(bytes, cuts))).toBe(pieces.map(({ text }) => text).join(''));
      }),
    );
  });

  it('is unpacked when it is large and padded', async () => {
    const text = Array.from({ length: 200_000 }, (_, i) => `line ${i * 7_919}\n`).join('');
    const bytes = Buffer.concat([gzipSync(text), Buffer.alloc(10_240)]);
    expect((await unpacked(chunksOf(bytes, 65_536))) === text).toBe(true);
  });

  const whole = gzipSync('line\n'.repeat(10_000));
  const damaged = Buffer.from(whole);
  damaged[damaged.length - 6] = (damaged.at(-6) ?? 0) ^ 0xff; // its checksum

  it.each([
    ['that is truncated', whole.subarray(0, -9), /^data\.gz is incomplete: its compressed data ends too early/],
    ['that is truncated in a later member', Buffer.concat([whole, whole.subarray(0, 12)]), /^data\.gz is incomplete/],
    ['with a wrong checksum', damaged, /^data\.gz is damaged/],
    [
      'with other bytes after it',
      Buffer.concat([whole, Buffer.from('{"a":1}\n')]),
      /^data\.gz has bytes after .* not gzip/,
    ],
    [
      'with zeros and other bytes after it',
      Buffer.concat([whole, Buffer.alloc(99), Buffer.from('{"a":1}\n')]),
      /^data\.gz has bytes after .* not gzip/,
    ],
  ])('%s is refused with the name of the file', async (_what, bytes, message) => {
    for (const chunkBytes of [1, 100, 100_000]) {
      const reading = unpacked(chunksOf(bytes, chunkBytes));
      await expect(reading).rejects.toThrow(UserError);
      await expect(reading).rejects.toThrow(message);
      await expect(reading).rejects.not.toThrow(/abort/i);
    }
  });

  it('passes on an error of its source unchanged', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield whole.subarray(0, 20);
      throw new Error('the disk is gone');
    }
    await expect(unpacked(broken())).rejects.toThrow(/^the disk is gone$/);
  });

  it('closes its source when the reader stops early', async () => {
    let released = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield whole;
      } finally {
        released = true;
      }
    }
    for await (const _piece of gunzip(endless(), 'data.gz', signal)) break;
    expect(released).toBe(true);
  });
});
