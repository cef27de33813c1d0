import { describe, expect, it } from 'vitest';
import { Doubts } from '../../../core/batch/doubts.js';

const error = { code: 'E', message: 'm' };

describe('an error in doubt', () => {
  it('is confirmed by a good answer to a later item of its slice, not to an earlier one', () => {
    const doubts = new Doubts();
    doubts.add({ position: 5, error, slice: 1, at: 10 });
    expect(doubts.confirm({ slice: 1, position: 4, sentAt: 1 })).toEqual([]);
    expect(doubts.confirm({ slice: 1, position: 6, sentAt: 1 })).toEqual([{ position: 5, error }]);
    expect(doubts.size).toBe(0);
  });

  it('is confirmed by another slice only when that was sent after the error came', () => {
    const doubts = new Doubts();
    doubts.add({ position: 5, error, slice: 1, at: 10 });
    expect(doubts.confirm({ slice: 2, position: 9, sentAt: 9 })).toEqual([]);
    expect(doubts.hasBefore(9)).toBe(false);
    expect(doubts.hasBefore(11)).toBe(true);
    expect(doubts.confirm({ slice: 3, position: 2, sentAt: 11 })).toEqual([{ position: 5, error }]);
  });
});
