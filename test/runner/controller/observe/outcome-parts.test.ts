import { expect, it } from 'vitest';
import {
  chooseParts,
  newScanMemory,
  partsWithMissing,
  rememberLook,
} from '../../../../runner/controller/observe/outcome-parts.js';

const TURNS = { missing: 0.5, jobs: 1 };

/** Every second batch has its outcome. */
const half = Array.from({ length: 50_000 }, (_, at) => ({ first: at * 2, last: at * 2 }));

it('divides the outcomes into parts of about a page, without those in which nothing is missing', () => {
  expect(partsWithMissing([], 100_000).map(({ digits }) => digits)).toEqual(['']);
  expect(partsWithMissing([{ first: 0, last: 99_999 }], 100_000)).toEqual([]);
  expect(partsWithMissing(half, 100_000)).toHaveLength(100);
  const folded = [
    { first: 0, last: 41_999 },
    { first: 42_003, last: 99_998 },
  ];
  expect(partsWithMissing(folded, 100_000)).toEqual([
    { digits: '42', missing: { first: 42_000, last: 42_002 } },
    { digits: '99', missing: { first: 99_999, last: 99_999 } },
  ]);
  // The last part of a smaller job ends with the job.
  expect(partsWithMissing([{ first: 0, last: 1_199 }], 1_300)).toEqual([
    { digits: '01', missing: { first: 1_200, last: 1_299 } },
  ]);
});

it('lists each part in its turn, also those in which nothing is found', () => {
  const parts = partsWithMissing(half, 100_000);
  const memory = newScanMemory();
  const lookedAt = new Map<string, number>();
  let longest = 0;
  for (let look = 1; look <= 600; look++) {
    const chosen = chooseParts(parts, memory, { ...TURNS, nowMs: look * 1_000 });
    for (const { digits } of chosen) {
      if (look > 300) longest = Math.max(longest, look - (lookedAt.get(digits) ?? 0));
      lookedAt.set(digits, look);
    }
    // All news is in two parts.
    const news = new Map(chosen.map(({ digits }) => [digits, ['10', '11'].includes(digits) ? 40 : 0]));
    rememberLook(memory, news, look * 1_000);
  }
  expect(lookedAt.size).toBe(parts.length);
  expect(longest).toBeLessThanOrEqual(60);
});

it('lists three parts in a pass of a follower, and more when the last pass was a minute ago', () => {
  const parts = partsWithMissing(half, 100_000);
  const memory = newScanMemory();
  rememberLook(memory, new Map([['00', 1]]), 0);
  expect(chooseParts(parts, memory, { ...TURNS, nowMs: 2_000 })).toHaveLength(3);
  expect(chooseParts(parts, memory, { ...TURNS, nowMs: 60_000 })).toHaveLength(30);
  expect(chooseParts(parts, memory, { ...TURNS, jobs: 10, nowMs: 2_000 })).toHaveLength(1);
});

it('lists more near the end of a job, until a whole round has found nothing', () => {
  const parts = partsWithMissing(half, 100_000);
  const memory = newScanMemory();
  const tail = { missing: 0.01, jobs: 1, nowMs: 2_000 };
  rememberLook(memory, new Map([['00', 1]]), 2_000);
  expect(chooseParts(parts, memory, tail)).toHaveLength(30);
  rememberLook(memory, new Map(parts.map(({ digits }) => [digits, 0])), 2_000);
  expect(chooseParts(parts, memory, tail)).toHaveLength(3);
});
