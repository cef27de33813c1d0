import { expect, it } from 'vitest';
import { memoryLimitsFor } from '../../../worker/batch/memory-limits.js';

const MIB = 1024 * 1024;

it('the budget grows with the cores, as the slots do, and one core has room for a piece and its results', () => {
  const [one, many] = [memoryLimitsFor(1), memoryLimitsFor(64)];
  expect(one.budgetBytes).toBe(32 * MIB);
  expect(many.budgetBytes).toBe(64 * one.budgetBytes);
  expect(2 * one.pieceBytes + one.resultBytes).toBeLessThanOrEqual(one.budgetBytes);
});
