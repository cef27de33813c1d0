import { expect, it } from 'vitest';
import { tailOf } from '../../../bench/throughput/sections/tail.js';

const output = (pid: number, startMs: number, endMs: number) => ({ pid, startMs, endMs });

it('tells how long the last worker was at work when the first had nothing left, and what that is of all', () => {
  const outputs = [output(1, 1_000, 1_600), output(1, 1_600, 2_000), output(2, 1_100, 1_800)];
  expect(tailOf(outputs, 2)).toEqual({ wholeMs: 1_000, tailMs: 200, idleShare: 1 - 1_800 / 2_000 });
});

it('refuses a job in which a worker had no part', () => {
  expect(() => tailOf([output(1, 0, 1)], 2)).toThrow('1 of 2 workers');
});
