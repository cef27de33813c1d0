import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideDrain, SAVE_RESERVE_MS } from '../../../core/batch/drain.js';

describe('decideDrain', () => {
  it('finishes a batch that fits the time left', () => {
    expect(decideDrain({ timeLeftMs: 120_000, msPerItem: 100, itemsLeft: 500 }).action).toBe('finish');
  });

  it('saves a batch that does not fit, and says why', () => {
    const decision = decideDrain({ timeLeftMs: 10_000, msPerItem: 100, itemsLeft: 500 });
    expect(decision.action).toBe('save');
    expect(decision.reason).toBe('its 500 items left need about 62500 ms, and 8500 ms are left');
  });

  it('saves when the pace is not known, unless everything is done', () => {
    expect(decideDrain({ timeLeftMs: 120_000, msPerItem: undefined, itemsLeft: 1 }).action).toBe('save');
    expect(decideDrain({ timeLeftMs: 120_000, msPerItem: undefined, itemsLeft: 0 }).action).toBe('finish');
  });

  it('always leaves the time to save, and never decides for more work with less time', () => {
    const view = fc.record({
      timeLeftMs: fc.integer({ min: -10_000, max: 200_000 }),
      msPerItem: fc.double({ min: 0.01, max: 10_000, noNaN: true }),
      itemsLeft: fc.integer({ min: 0, max: 100_000 }),
    });
    fc.assert(
      fc.property(view, fc.nat(50_000), (seen, less) => {
        if (decideDrain(seen).action === 'save') {
          expect(decideDrain({ ...seen, timeLeftMs: seen.timeLeftMs - less }).action).toBe('save');
        } else {
          expect(seen.itemsLeft * seen.msPerItem).toBeLessThanOrEqual(seen.timeLeftMs - SAVE_RESERVE_MS);
        }
      }),
    );
  });
});
