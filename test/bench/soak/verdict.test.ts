import { expect, test } from 'vitest';
import { findingsOf, type Sample } from '../../../bench/soak/verdict.js';

const quiet: Sample = {
  outsideHeapBytes: 100e6,
  heapBytes: 20e6,
  externalBytes: 5e6,
  openFiles: 20,
  handles: 5,
  processes: 1,
  filesOnDisk: 0,
};
const rounds = (count: number, change: (round: number) => Partial<Sample>): Sample[] =>
  Array.from({ length: count }, (_, round) => ({ ...quiet, ...change(round) }));
const growing = (samples: readonly Sample[]): string[] =>
  findingsOf(samples)
    .filter(({ isFlat }) => !isFlat)
    .map(({ what }) => what);

test('what does not change is flat', () => {
  expect(growing(rounds(6, () => ({})))).toEqual([]);
});

test('growth while it warms up is not counted', () => {
  expect(growing(rounds(30, (round) => ({ heapBytes: 20e6 + Math.min(round, 6) * 10e6 })))).toEqual([]);
});

test.each([
  ['outsideHeapBytes', 5e6],
  ['heapBytes', 1e6],
  ['openFiles', 1],
  ['handles', 1],
  ['processes', 1],
  ['filesOnDisk', 1],
] as const)('%s that grows a little each round is found', (what, step) => {
  expect(growing(rounds(30, (round) => ({ [what]: quiet[what] + round * step })))).toEqual([what]);
});

test('one outlier is not growth', () => {
  expect(growing(rounds(30, (round) => (round === 29 ? { outsideHeapBytes: 900e6, openFiles: 90 } : {})))).toEqual([]);
});

test('too few rounds are not judged', () => {
  expect(() => findingsOf(rounds(4, () => ({})))).toThrow('5 rounds');
});
