import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatchPlanner, type BatchSizes, type PlannedBatch } from '../../../core/dataset/batch-planner.js';
import { MAX_BATCHES_PER_JOB } from '../../../core/contract/keys.js';

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
    workers: fc.integer({ min: 1, max: 5_000 }),
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
    expect(planOf(same(128), {})).toHaveLength(128);
    expect(planOf(same(400), {}).at(0)?.items).toBe(4);
    expect(planOf(same(7_236), {}).at(0)?.items).toBe(57);
    expect(planOf(same(50_000), {}).at(0)?.items).toBe(64);
    for (const count of [400, 7_236, 50_000, 100_000, 1_000_000]) {
      const { length } = planOf(same(count), {});
      expect(length).toBeGreaterThan(100);
      expect(length).toBeLessThan(2_000);
    }
  });

  it('gives the end of a dataset in falling sizes, down to a sixteenth, when no size is asked for', () => {
    for (const count of [1_000, 100_000]) {
      const items = planOf(same(count), {}).map((batch) => batch.items);
      const largest = items[0] ?? 0;
      // The sizes of the body differ at most by the size of the pieces that it is joined from.
      const body = items.filter((_, at) => items.slice(0, at).reduce((sum, size) => sum + size, 0) < count * 0.7);
      expect(Math.min(...body)).toBeGreaterThanOrEqual(largest * 0.9);
      expect(items.at(-2)).toBeLessThanOrEqual(Math.ceil(largest / 16));
      const tail = items.slice(body.length, -1);
      for (const [at, size] of tail.entries()) expect(size).toBeLessThanOrEqual((tail[at - 1] ?? largest) * 1.3);
    }
  });

  it('shares out what is left among the workers that the job may have', () => {
    const alone = planOf(same(10_000), {});
    const many = planOf(same(10_000), { workers: 500 });
    expect(many.at(0)?.items).toBe(10);
    expect(alone.at(0)?.items).toBe(64);
    expect(planOf(same(10_000), { workers: 500, batchItems: 100 })).toHaveLength(100);
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

  it('cuts pieces that bytes bound to batches of up to eight megabytes, and smaller ones at the end', () => {
    const bytes = planOf(same(4_000, 100_000), {}).map(({ startByte, endByte }) => endByte - startByte);
    expect(Math.max(...bytes)).toBeLessThanOrEqual(8 * 1024 * 1024);
    expect(bytes.at(-2)).toBeLessThanOrEqual(600_000);
  });

  it('stays fast when bytes forbid merging', () => {
    const planner = new BatchPlanner({});
    for (let i = 0; i < 300_000; i++) planner.add(0, 1, 6_000_000);
    expect(planner.plan().length).toBeLessThanOrEqual(MAX_BATCHES_PER_JOB);
  });
});
