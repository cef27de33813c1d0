import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { openChunks } from '../../../../runner/dataset/parquet/chunk-bytes.js';
import { memorySource, never } from './sources.js';

const MEBIBYTE = 1024 * 1024;
const bytes = randomBytes(3 * MEBIBYTE);
const RANGES = [
  { start: 2 * MEBIBYTE, end: 3 * MEBIBYTE },
  { start: 4, end: MEBIBYTE },
];

it('ranges that stand beside each other are read at once, and others by themselves', async () => {
  const near = memorySource('x', bytes);
  await openChunks(
    near,
    [
      { start: 4, end: 100 },
      { start: 200, end: 300 },
    ],
    never,
  );
  expect(near.reads).toEqual([[4, 300]]);
  const far = memorySource('x', bytes);
  await openChunks(far, RANGES, never);
  expect(far.reads).toEqual([
    [4, MEBIBYTE],
    [2 * MEBIBYTE, 3 * MEBIBYTE],
  ]);
});

it('a row group that is larger than the bound is read through a window for each column, with the same bytes', async () => {
  const source = memorySource('x', bytes);
  const chunks = await openChunks(source, RANGES, never, MEBIBYTE);
  expect(source.reads).toEqual([]);
  for (const [n, { start, end }] of RANGES.entries()) {
    const chunk = chunks[n];
    const pieces: Uint8Array[] = [];
    while (chunk !== undefined && chunk.left > 0)
      pieces.push(Buffer.from(await chunk.take(Math.min(100_001, chunk.left))));
    expect(Buffer.concat(pieces).equals(bytes.subarray(start, end))).toBe(true);
  }
  expect(Math.max(...source.reads.map(([start, end]) => end - start))).toBeLessThanOrEqual(MEBIBYTE);
});

it('a source that gives fewer bytes than it was asked for is damaged', async () => {
  const source = { ...memorySource('x', bytes), read: async () => bytes.subarray(0, 10) };
  await expect(openChunks(source, RANGES, never)).rejects.toThrow(/x is a damaged Parquet file: it ends before byte/);
});
