import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isJobId, newJobId } from '../../../core/contract/job-id.js';

it('makes ids that are valid, readable and sorted by time', () => {
  const nowMs = Date.UTC(2026, 0, 31, 14, 25, 30, 999);
  expect(newJobId(nowMs, () => 0)).toBe('20260131-142530-222222');
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (random) => {
      expect(isJobId(newJobId(nowMs, () => random))).toBe(true);
    }),
  );
});

it('accepts lower-case letters, digits and hyphens, and no character that needs quoting in a key', () => {
  expect(['a', 'herg-1', '7'].every(isJobId)).toBe(true);
  expect(['', '-a', 'A', 'a/b', 'a b', 'ä', 'a\n', 'x'.repeat(64)].some(isJobId)).toBe(false);
});
