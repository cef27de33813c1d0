import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatchPlanner, type BatchSizes, type PlannedBatch } from '../../core/batch-planner.js';
import { MAX_BATCHES_PER_JOB } from '../../core/keys.js';

interface Item {
  readonly part: number;
  readonly bytes: number;
}

const itemsOfParts = fc
  .array(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 300 }), { minLength: 1, maxLength: 5 })
  .map((parts) => parts.flatMap((sizes, part) => sizes.map((bytes): Item => ({ part, bytes }))));

const sizes: fc.Arbitrary<BatchSizes> = fc.record(
  {
    batchItems: fc.integer({ min: 1, max: 40 }),
    batchBytes: fc.integer({ min: 1, max: 400 }),
    maxBatches: fc.integer({ min: 5, max: 60 }),
  },
  { requiredKeys: [] },
);

function planOf(items: readonly Item[], options: BatchSizes): readonly PlannedBatch[] {
  const planner = new BatchPlanner(options);
  for (const { part, bytes } of items) planner.add(part, bytes);
  return planner.plan();
}

const same = (count: number, bytes = 100): Item[] => Array.from({ length: count }, () => ({ part: 0, bytes }));

describe('the batch planner', () => {
  it('puts every item into exactly one batch, in order, with exact and adjacent byte ranges', () => {
    fc.assert(
      fc.property(itemsOfParts, sizes, (items, options) => {
        let index = 0;
        let at = { part: 0, byte: 0 };
        for (const batch of planOf(items, options)) {
          if (batch.part !== at.part) at = { part: at.part + 1, byte: 0 };
          expect(batch).toMatchObject({ part: at.part, startByte: at.byte, firstIndex: index });
          const own = items.slice(index, index + batch.items);
          expect(own.every(({ part }) => part === batch.part)).toBe(true);
          expect(batch.endByte - batch.startByte).toBe(own.reduce((sum, { bytes }) => sum + bytes, 0));
          index += batch.items;
          at = { part: batch.part, byte: batch.endByte };
        }
        expect(index).toBe(items.length);
      }),
    );
  });

  it('keeps to the number of batches that a job may have', () => {
    fc.assert(
      fc.property(itemsOfParts, sizes, (items, options) => {
        expect(planOf(items, options).length).toBeLessThanOrEqual(options.maxBatches ?? MAX_BATCHES_PER_JOB);
      }),
    );
  });

  it('keeps to the sizes asked for while there are few enough batches', () => {
    fc.assert(
      fc.property(itemsOfParts, sizes, (items, { batchItems = Infinity, batchBytes = Infinity }) => {
        fc.pre(batchItems !== Infinity || batchBytes !== Infinity);
        const options = {
          ...(batchItems === Infinity ? {} : { batchItems }),
          ...(batchBytes === Infinity ? {} : { batchBytes }),
        };
        for (const batch of planOf(items, options)) {
          expect(batch.items).toBeLessThanOrEqual(batchItems);
          if (batch.items > 1) expect(batch.endByte - batch.startByte).toBeLessThanOrEqual(batchBytes);
        }
      }),
    );
  });

  it('doubles the size when the limit of batches is passed, merging neighbours', () => {
    const plan = planOf(same(101), { batchItems: 1, maxBatches: 50 });
    expect(plan).toHaveLength(26);
    expect(plan.slice(0, -1).every(({ items }) => items === 4)).toBe(true);
  });

  it('lets few items travel alone, and grows with the dataset when no size is asked for', () => {
    expect(planOf(same(20), {})).toHaveLength(20);
    expect(planOf(same(400), {})).toHaveLength(100);
    expect(planOf(same(7_236), {}).at(0)?.items).toBe(64);
    expect(planOf(same(7_236), {})).toHaveLength(114);
    expect(planOf(same(100_000), {})).toHaveLength(1_563);
    expect(planOf(same(1_000_000), {})).toHaveLength(1_954);
  });

  it('never merges batches over eight megabytes on its own account', () => {
    const plan = planOf(same(5_000, 5_000_000), {});
    expect(plan).toHaveLength(5_000);
  });

  it('bounds the items of a batch also where only bytes are asked for', () => {
    const planner = new BatchPlanner({ batchBytes: 256 * 1024 * 1024 });
    for (let item = 0; item < 1_000_001; item++) planner.add(0, 2);
    expect(planner.plan().map(({ items }) => items)).toEqual([1_000_000, 1]);
  });

  it('counts what a worker fetches, not the line that names it', () => {
    const planner = new BatchPlanner({ batchBytes: 10_000 });
    for (let i = 0; i < 10; i++) planner.add(0, 80, 5_000);
    expect(planner.plan()).toHaveLength(5);
  });

  it('stays fast when bytes forbid merging', () => {
    const planner = new BatchPlanner({});
    for (let i = 0; i < 300_000; i++) planner.add(0, 1, 6_000_000);
    expect(planner.plan().length).toBeLessThanOrEqual(MAX_BATCHES_PER_JOB);
  });
});
