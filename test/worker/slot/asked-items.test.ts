import { describe, expect, it } from 'vitest';
import { AskedItems } from '../../../worker/slot/asked-items.js';

const answer = (index: number) => ({ index });

describe('what a slot was asked', () => {
  it('is told apart: the batch in hand, the next one, and what was never asked for', () => {
    const asked = new AskedItems();
    asked.ask([1, 2]);
    expect(asked.askAhead([3, 4])).toBe(true);
    expect([asked.size, asked.sizeOfOthers, asked.sizeOfAll, asked.keepsAnswers]).toEqual([2, 2, 4, false]);
    expect([1, 3, 3, 9].map((index) => asked.answered(answer(index)))).toEqual(['now', 'ahead', undefined, undefined]);
    expect([asked.size, asked.sizeOfAll, asked.keepsAnswers]).toEqual([1, 2, true]);
  });

  it('is handed on with its answers when the next batch is in hand', () => {
    const asked = new AskedItems();
    asked.ask([1]);
    asked.askAhead([3, 4]);
    asked.answered(answer(1));
    asked.answered(answer(4));
    expect(asked.adoptAhead()).toEqual([answer(4)]);
    expect(asked.size).toBe(1);
    expect(asked.answered(answer(3))).toBe('now');
    expect(asked.adoptAhead()).toEqual([]);
  });

  it('is of nobody when the next batch is stopped, and may be asked anew', () => {
    const asked = new AskedItems();
    asked.ask([1]);
    asked.askAhead([3, 4]);
    asked.forgetAhead();
    expect([asked.size, asked.sizeOfAll]).toEqual([1, 3]);
    expect(asked.answered(answer(3))).toBe('forgotten');
    asked.ask([4]);
    // What was asked before is answered before.
    expect([asked.answered(answer(4)), asked.answered(answer(4)), asked.answered(answer(4))]).toEqual([
      'forgotten',
      'now',
      undefined,
    ]);
  });

  it('is one slice ahead at most, and none that could not be told apart', () => {
    const asked = new AskedItems();
    asked.ask([1]);
    expect(asked.askAhead([2, 1])).toBe(false);
    expect(asked.askAhead([2])).toBe(true);
    expect(asked.askAhead([3])).toBe(false);
    asked.forgetAhead();
    expect(asked.askAhead([2])).toBe(false);
    expect(asked.askAhead([3])).toBe(true);
  });
});
