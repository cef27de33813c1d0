import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatchPlanner, type PlannedBatch } from '../../../core/dataset/batch-planner.js';
import { type SlotPace, slotsThatMayCome } from '../../../core/dataset/paced-sizes.js';

function planOf(items: number, pace: SlotPace, parts = 1): readonly PlannedBatch[] {
  const planner = new BatchPlanner({});
  for (let item = 0; item < items; item += 1) planner.add(Math.floor((item * parts) / items), 10);
  return planner.plan(pace);
}

const scene = fc.record({
  items: fc.integer({ min: 1, max: 5_000 }),
  parts: fc.integer({ min: 1, max: 3 }),
  msPerItem: fc.double({ min: 0.01, max: 60_000, noNaN: true }),
  slots: fc.integer({ min: 1, max: 200 }),
});

describe('batches by the pace of the model', () => {
  it('hold every item once, in order', () => {
    fc.assert(
      fc.property(scene, ({ items, parts, ...pace }) => {
        let next = 0;
        for (const batch of planOf(items, pace, parts)) {
          expect(batch.firstIndex).toBe(next);
          next += batch.items;
        }
        expect(next).toBe(items);
      }),
      { numRuns: 60 },
    );
  });

  it('are at most 20 s of work, and at least 1 s or a thousand items, the falling end included', () => {
    fc.assert(
      fc.property(scene, ({ items, msPerItem, slots }) => {
        const plan = planOf(items, { msPerItem, slots });
        for (const batch of plan) {
          // The rest of a dataset that is less than a second goes with the batch before it.
          if (batch.items > 1) expect(batch.items * msPerItem).toBeLessThanOrEqual(20_000 + 1_000 + msPerItem);
          if (plan.length > 1 && batch.items < 1_000) expect(batch.items * msPerItem).toBeGreaterThanOrEqual(999.999);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('are eight or more for each slot that may come, as long as that leaves a second of work', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 50 }), fc.nat(7), (slots, share, rest) => {
        const items = 8 * slots * share + rest;
        const plan = planOf(items, { msPerItem: 1_000 / share, slots });
        expect(plan.length).toBeGreaterThanOrEqual(8 * slots);
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    // 40 s of work: a second each where a hundred instances may come, and longer for two slots.
    { items: 20_000, msPerItem: 2, slots: 200, first: 500, batches: 40 },
    { items: 20_000, msPerItem: 2, slots: 2, first: 1_250, batches: 19 },
    { items: 20_000, msPerItem: 100, slots: 10, first: 200, batches: 167 },
    { items: 100, msPerItem: 60_000, slots: 10, first: 1, batches: 100 },
    { items: 100, msPerItem: 1, slots: 10, first: 100, batches: 1 },
  ])(
    'are $batches for $items items of $msPerItem ms and $slots slots',
    ({ items, msPerItem, slots, first, batches }) => {
      const plan = planOf(items, { msPerItem, slots });
      expect(plan.at(0)?.items).toBe(first);
      expect(plan).toHaveLength(batches);
    },
  );

  it('are eight at least in a large job, because a pace may be a thousand times too fast', () => {
    expect(planOf(20_000, { msPerItem: 0.000_1, slots: 2 }).map(({ items }) => items)).toEqual(
      Array.from({ length: 8 }, () => 2_500),
    );
  });

  it('fall at the end, where slots would wait for each other', () => {
    const sizes = planOf(20_000, { msPerItem: 100, slots: 10 }).map(({ items }) => items);
    expect(sizes.at(-1)).toBeLessThan((sizes.at(0) ?? 0) / 8);
  });

  it('leave a size that the user chose as it is', () => {
    const planner = new BatchPlanner({ batchItems: 7 });
    for (let item = 0; item < 70; item += 1) planner.add(0, 10);
    expect(planner.plan({ msPerItem: 1, slots: 1 })).toHaveLength(10);
  });

  it('are cut by the slots of all instances that may come', () => {
    expect(slotsThatMayCome(10, 4)).toBe(40);
    expect(slotsThatMayCome(10, 'auto', 2)).toBe(20);
    expect(slotsThatMayCome(10, 'cpus')).toBe(10);
  });
});
