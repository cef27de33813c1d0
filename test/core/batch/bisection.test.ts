import { describe, expect, it } from 'vitest';
import { rebuildBudget, suspectGroups } from '../../../core/batch/bisection.js';

describe('suspects', () => {
  it('are the first unanswered item alone, then the halves of the others', () => {
    expect(suspectGroups([[3, 4, 5, 6, 7, 8]])).toEqual([[3], [4, 5, 6], [7, 8]]);
    expect(suspectGroups([[3, 4]])).toEqual([[3], [4]]);
    expect(suspectGroups([[3]])).toEqual([[3]]);
  });

  it('are each slice when there were several, so that no group is larger than the model allows', () => {
    expect(suspectGroups([[3, 4], [9]])).toEqual([[3, 4], [9]]);
  });

  it('are none when everything was answered', () => {
    expect(suspectGroups([])).toEqual([]);
  });
});

describe('the budget of rebuilds', () => {
  it.each([
    [0, 4],
    [1, 4],
    [2, 4],
    [8, 9],
    [100, 20],
    [1_000, 30],
  ])('of %i items is %i', (items, budget) => {
    expect(rebuildBudget(items)).toBe(budget);
  });
});
