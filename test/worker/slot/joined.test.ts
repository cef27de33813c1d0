/** Tests works that further batches join, with real processes. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { BatchItem, FurtherItems, Slot } from '../../../worker/slot/slot.js';
import { buildHost, computeWith, itemsOf, modelOf, rebuildsIn, slotOf } from './support.js';
import type { BuiltHost } from './support.js';

let host: BuiltHost;
let slot: Slot;
beforeAll(async () => {
  host = await buildHost();
});
afterAll(() => host.remove());
beforeEach(() => {
  slot = slotOf(host);
});
afterEach(() => slot.close());

/** Gives one batch after another, each time that the slot asks. */
function furtherOf(batches: readonly (readonly BatchItem[])[]): FurtherItems & { readonly left: () => number } {
  const left = [...batches];
  return { take: () => left.shift() ?? [], onWaiting: () => undefined, left: () => left.length };
}

const batchOf = (values: readonly unknown[], number: number): readonly BatchItem[] =>
  itemsOf(values, number * values.length);

it('computes the items of further batches in the same work, each once', async () => {
  const further = furtherOf(Array.from({ length: 20 }, (_, n) => batchOf(['a', 'b', 'c'], n + 1)));
  const computed = await computeWith(slot, modelOf('reverse.mjs'), batchOf(['a', 'b', 'c'], 0), { further });
  expect(computed.end).toEqual({ kind: 'computed' });
  expect(computed.results.filter((line) => line?.ok === true)).toHaveLength(63);
  expect(computed.repeated).toBe(0);
});

it('fails only the guilty item of a joined batch, and takes no further batch after the crash', async () => {
  const good = [1, 2, 3, 4];
  const further = furtherOf([batchOf([1, 'crash', 3, 4], 1), batchOf(good, 2), batchOf(good, 3)]);
  const computed = await computeWith(slot, modelOf('faults.mjs'), batchOf(good, 0), { further });
  expect(computed.end).toEqual({ kind: 'computed' });
  expect(computed.failed).toEqual([5]);
  expect(rebuildsIn(computed).length).toBeGreaterThan(0);
  const taken = 4 - further.left();
  expect(computed.results.filter((line) => line?.ok === true)).toHaveLength(taken * 4 - 1);
});
