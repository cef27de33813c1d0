import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { itemsThatFit, MAX_SLICE_BYTES, MAX_SLICE_ITEMS, SlicePace } from '../../../core/batch/slice-size.js';

const paced = (...slices: readonly (readonly [items: number, elapsedMs: number])[]): SlicePace => {
  const pace = new SlicePace();
  for (const [items, elapsedMs] of slices) pace.measured({ items, elapsedMs, inFlight: 1 });
  return pace;
};

describe('the pace of a slot', () => {
  it('begins with one item and knows nothing', () => {
    expect(new SlicePace().nextItems(undefined)).toBe(1);
    expect(new SlicePace().msPerItem).toBeUndefined();
  });

  it('grows step by step to about a second of work', () => {
    const pace = new SlicePace();
    const sizes: number[] = [];
    for (let slice = 0; slice < 6; slice += 1) {
      const items = pace.nextItems(undefined);
      sizes.push(items);
      pace.measured({ items, elapsedMs: items * 10, inFlight: 1 });
    }
    expect(sizes).toEqual([1, 4, 16, 64, 100, 100]);
  });

  it('grows further for a model to which each slice costs a start', () => {
    const [startMs, msPerItem] = [2_000, 10];
    const pace = new SlicePace();
    for (let slice = 0; slice < 30; slice += 1) {
      const items = pace.nextItems(undefined, 30_000);
      pace.measured({ items, elapsedMs: startMs + items * msPerItem, inFlight: 1 });
    }
    const items = pace.nextItems(undefined, 30_000);
    expect(startMs + items * msPerItem).toBeGreaterThan(28_000);
    expect(startMs + items * msPerItem).toBeLessThan(31_000);
  });

  it('shrinks when items become slow', () => {
    expect(paced([100, 1_000], [100, 100_000], [100, 100_000]).nextItems(undefined)).toBe(1);
  });

  it('keeps to the model’s own limit, and to ours when items cost nothing', () => {
    expect(paced([64, 1]).nextItems(8)).toBe(8);
    expect(paced([MAX_SLICE_ITEMS, 0]).nextItems(undefined)).toBe(MAX_SLICE_ITEMS);
  });

  it('counts slices side by side as one slot’s work', () => {
    const pace = new SlicePace();
    pace.measured({ items: 10, elapsedMs: 1_000, inFlight: 4 });
    expect(pace.msPerItem).toBe(25);
    expect(pace.nextItems(undefined)).toBe(10);
  });
});

describe('items that fit in a slice', () => {
  it('is at least one, at most the maximum, and within the bytes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(MAX_SLICE_BYTES), { minLength: 1 }),
        fc.integer({ min: 1, max: 20 }),
        (sizes, max) => {
          const items = itemsThatFit(sizes, max);
          const bytes = sizes.slice(0, items).reduce((sum, size) => sum + size, 0);
          expect(items).toBeGreaterThanOrEqual(1);
          expect(items).toBeLessThanOrEqual(max);
          expect(items === 1 || bytes <= MAX_SLICE_BYTES).toBe(true);
          const next = sizes[items];
          if (next !== undefined && items < max) expect(bytes + next).toBeGreaterThan(MAX_SLICE_BYTES);
        },
      ),
    );
  });
});
