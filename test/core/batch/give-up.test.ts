import { expect, it } from 'vitest';
import { afterAttempt, giveUpOutcome } from '../../../core/batch/give-up.js';

it('tries again a little later each time, and gives up after the last attempt', () => {
  expect(afterAttempt(1, 3)).toEqual({ kind: 'hand-back', delaySeconds: 2 });
  expect(afterAttempt(2, 3)).toEqual({ kind: 'hand-back', delaySeconds: 4 });
  expect(afterAttempt(3, 3)).toEqual({ kind: 'give-up' });
  expect(afterAttempt(7, 3)).toEqual({ kind: 'give-up' });
  expect(afterAttempt(40, 100)).toEqual({ kind: 'hand-back', delaySeconds: 60 });
});

it('gives every item of a given-up batch a failed line with the last error', () => {
  const outcome = giveUpOutcome({ firstIndex: 7, items: 2 }, 3, { code: 'InputUnreadable', message: 'gone' });
  const message = 'Its batch was given up after 3 attempts; the last error: InputUnreadable: gone';
  expect(
    outcome
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual([7, 8].map((index) => ({ index, ok: false, error: { code: 'BatchGivenUp', message } })));
});

it('keeps the outcome of a huge batch small enough to be written', () => {
  const error = { code: 'SlotCrashed', message: 'x'.repeat(4_000) };
  const lines = giveUpOutcome({ firstIndex: 0, items: 500_000 }, 3, error);
  expect(lines.length).toBeLessThan(256 * 1024 * 1024);
  expect(lines.split('\n', 1)[0]).toContain('SlotCrashed: xxx');
});
