import { describe, expect, it } from 'vitest';
import { chooseSlot, MAX_PASSED_OVER } from '../../../core/batch/slot-choice.js';

const waits = (modelKey: string, passedOver = 0) => ({ modelKey, passedOver });
const idle = (modelKey: string | undefined, lastUsedMs = 0) => ({ modelKey, lastUsedMs });

describe('chooseSlot', () => {
  it('chooses nothing while nothing waits or nothing is idle', () => {
    expect(chooseSlot([], [idle('a')])).toBeUndefined();
    expect(chooseSlot([waits('a')], [])).toBeUndefined();
  });

  it('prefers a batch whose model is loaded to an older one', () => {
    expect(chooseSlot([waits('b'), waits('a')], [idle('a')])).toEqual({ waiting: 1, slot: 0 });
  });

  it('loads the oldest batch’s model on an empty slot, else on the longest unused', () => {
    expect(chooseSlot([waits('c')], [idle('a', 5), idle(undefined, 9)])).toEqual({ waiting: 0, slot: 1 });
    expect(chooseSlot([waits('c')], [idle('a', 5), idle('b', 2)])).toEqual({ waiting: 0, slot: 1 });
  });

  it('does not let one job starve another', () => {
    const starving = [waits('b', MAX_PASSED_OVER), waits('a')];
    expect(chooseSlot(starving, [idle('a')])).toEqual({ waiting: 0, slot: 0 });
  });
});
