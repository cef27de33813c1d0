import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addUsage, COUNT_EVERY_MS, instanceHours, MAX_COUNTED_MS, type Usage } from '../../../core/pool/usage.js';

describe('the time that instances work for a job', () => {
  it('is counted once, however many controllers count and however often', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 2 * COUNT_EVERY_MS }), { maxLength: 40 }), (pauses) => {
        let usage: Usage | undefined = addUsage(undefined, { nowMs: 0, instances: 4 });
        let nowMs = 0;
        for (const pauseMs of pauses) {
          nowMs += pauseMs;
          usage = addUsage(usage, { nowMs, instances: 4 }) ?? usage;
        }
        const countedMs = Date.parse(usage?.countedAt ?? '');
        expect(usage?.instanceSeconds).toBeCloseTo((4 * countedMs) / 1000);
        expect(nowMs - countedMs).toBeLessThan(COUNT_EVERY_MS);
      }),
    );
  });

  it('is not counted for times without a controller, nor with a clock that is behind', () => {
    const usage = { instanceSeconds: 0, countedAt: new Date(1e9).toISOString() };
    const late = addUsage(usage, { nowMs: 1e9 + 100 * MAX_COUNTED_MS, instances: 2 });
    expect(instanceHours(late)).toBe((2 * MAX_COUNTED_MS) / 3_600_000);
    expect(addUsage(usage, { nowMs: 1e9 - 600_000, instances: 2 })).toBeUndefined();
  });
});
