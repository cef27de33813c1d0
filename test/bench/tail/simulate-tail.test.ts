import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { roughlyInOrder, simulateTail, type Tail } from '../../../bench/tail/simulate-tail.js';
import { BatchPlanner, type BatchSizes } from '../../../core/dataset/batch-planner.js';

const ITEMS = 20_000;
const MS_PER_ITEM = 20;
const MS_PER_BATCH = 5;
/** Eight slots, of which one is five times as slow. */
const ONE_SLOW = [...Array.from({ length: 7 }, () => MS_PER_ITEM), 5 * MS_PER_ITEM];

function sizesOf(sizes: BatchSizes): readonly number[] {
  const planner = new BatchPlanner(sizes);
  for (let item = 0; item < ITEMS; item++) planner.add(0, 100);
  return planner.plan().map(({ items }) => items);
}

const guided = sizesOf({});
/** This gives as many batches, all of one size. */
const even = sizesOf({ batchItems: Math.ceil(ITEMS / guided.length) });

const seeds = fc.integer({ min: 1, max: 2 ** 31 - 2 });

/** https://en.wikipedia.org/wiki/Lehmer_random_number_generator */
function numbers(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

function tailOf(batches: readonly number[], seed: number, reach = 20): Tail {
  const taken = roughlyInOrder(batches, reach, numbers(seed));
  return simulateTail({ batches: taken, msPerItem: ONE_SLOW, msPerBatch: MS_PER_BATCH });
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('the end of a job with one slow slot of eight', () => {
  it('is never better than the ideal, and counts every slot until the last has ended', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1 }), seeds, (batches, seed) => {
        const { endMs, tailMs, idleShare, idealMs } = tailOf(batches, seed);
        expect(endMs).toBeGreaterThanOrEqual(idealMs);
        expect(tailMs).toBeLessThanOrEqual(endMs);
        expect(idleShare).toBeGreaterThanOrEqual(0);
        expect(idleShare).toBeLessThan(1);
      }),
    );
  });

  it('is shorter with falling sizes than with as many batches of one size, though the queue is only roughly in order', () => {
    const seen = Array.from({ length: 50 }, (_, at) => ({
      guided: tailOf(guided, at + 1),
      even: tailOf(even, at + 1),
    }));
    const guidedMs = mean(seen.map((run) => run.guided.tailMs));
    const evenMs = mean(seen.map((run) => run.even.tailMs));
    expect(guidedMs).toBeLessThan(evenMs / 2);
    expect(mean(seen.map((run) => run.guided.endMs))).toBeLessThan(mean(seen.map((run) => run.even.endMs)));
  });
});
