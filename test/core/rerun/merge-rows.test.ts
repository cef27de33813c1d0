import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MergedRow, mergeRows } from '../../../core/rerun/merge-rows.js';

interface Row extends MergedRow {
  readonly of: number;
}

const ITEMS = 60;

/** Each stream has some items, each ok or failed, in groups of some sizes. */
const streams = fc.array(
  fc.record({
    rows: fc.uniqueArray(fc.record({ index: fc.nat(ITEMS - 1), ok: fc.boolean() }), { selector: ({ index }) => index }),
    sizes: fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 8 }),
  }),
  { maxLength: 6 },
);

async function* inGroups(rows: readonly Row[], sizes: readonly number[]): AsyncGenerator<readonly Row[]> {
  let at = 0;
  for (let n = 0; at < rows.length; n++) {
    // A group of no rows is allowed, but the stream must come to its end.
    const size = sizes[n % sizes.length] ?? 0;
    const taken = n >= sizes.length ? Math.max(1, size) : size;
    yield rows.slice(at, at + taken);
    at += taken;
  }
}

async function all(groups: AsyncIterable<readonly Row[]>): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for await (const group of groups) rows.push(...group);
  return rows;
}

/** The definition: for each item the newest ok row, else the newest failed one. */
function naive(rows: readonly (readonly Row[])[]): readonly Row[] {
  const newestFirst = rows.toReversed();
  return Array.from({ length: ITEMS }, (_, index) => {
    const found = newestFirst.flatMap((some) => some.filter((row) => row.index === index));
    return found.find(({ ok }) => ok) ?? found[0];
  }).filter((row) => row !== undefined);
}

describe('the rows of a job and its reruns', () => {
  it('are the newest ok row of each item, else the newest failed one, in the order of the dataset', async () => {
    await fc.assert(
      fc.asyncProperty(streams, async (given) => {
        const rows = given.map(({ rows: some }, of) =>
          some.map((row) => ({ ...row, of })).sort((a, b) => a.index - b.index),
        );
        const merged = await all(mergeRows(rows.map((some, n) => inGroups(some, given[n]?.sizes ?? [1]))));
        expect(merged).toEqual(naive(rows));
      }),
      { numRuns: 200 },
    );
  });

  it('name the stream that each row is from', async () => {
    const old = [
      { index: 0, ok: false, of: 0 },
      { index: 1, ok: true, of: 0 },
    ];
    const young = [{ index: 0, ok: true, of: 1 }];
    const from: number[] = [];
    await all(
      mergeRows([inGroups(old, [2]), inGroups(young, [1])], (row, stream) => {
        from.push(stream);
        return row;
      }),
    );
    expect(from).toEqual([1, 0]);
  });

  it('are read no further than somebody takes them, and every stream is closed', async () => {
    const closed: number[] = [];
    async function* endless(of: number): AsyncGenerator<readonly Row[]> {
      try {
        for (let index = 0; ; index++) yield [{ index, ok: true, of }];
      } finally {
        closed.push(of);
      }
    }
    for await (const rows of mergeRows([endless(0), endless(1)])) {
      expect(rows.every(({ of }) => of === 1)).toBe(true);
      break;
    }
    expect(closed.toSorted()).toEqual([0, 1]);
  });
});
