import { describe, expect, it } from 'vitest';
import { AskedItems } from '../../../worker/slot/asked-items.js';

const answer = (index: number) => ({ index });

describe('an item that a slot was asked', () => {
  it('belongs to the current batch, to the next one, or was never asked', () => {
    const asked = new AskedItems();
    asked.ask([1, 2]);
    expect(asked.askAhead([3, 4])).toBe(true);
    expect([asked.size, asked.sizeOfOthers, asked.sizeOfAll, asked.keepsAnswers]).toEqual([2, 2, 4, false]);
    expect([1, 3, 3, 9].map((index) => asked.answered(answer(index)))).toEqual(['now', 'ahead', undefined, undefined]);
    expect([asked.size, asked.sizeOfAll, asked.keepsAnswers]).toEqual([1, 2, true]);
  });

  it('is passed on with its answer when the next batch becomes the current one', () => {
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

  it('belongs to nobody when the next batch is stopped, and may be asked again', () => {
    const asked = new AskedItems();
    asked.ask([1]);
    asked.askAhead([3, 4]);
    asked.forgetAhead();
    expect([asked.size, asked.sizeOfAll]).toEqual([1, 3]);
    expect(asked.answered(answer(3))).toBe('forgotten');
    asked.ask([4]);
    // Items that were asked before are answered before.
    expect([asked.answered(answer(4)), asked.answered(answer(4)), asked.answered(answer(4))]).toEqual([
      'forgotten',
      'now',
      undefined,
    ]);
  });

  it('is at most one slice ahead, and never one that could be confused with another', () => {
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
