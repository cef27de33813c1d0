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

const good = (count: number): readonly unknown[] =>
  Array.from({ length: count }, (_, value) => ({ kind: 'good', value }));
const batchOf = (number: number, items = good(4)): readonly BatchItem[] => itemsOf(items, number * items.length);

it('computes the items of further batches in the same work, each once', async () => {
  const further = furtherOf(Array.from({ length: 20 }, (_, n) => batchOf(n + 1)));
  const computed = await computeWith(slot, modelOf('kinds.mjs'), batchOf(0), { further });
  expect(computed.end).toEqual({ kind: 'computed' });
  expect(computed.results.filter((line) => line?.ok === true)).toHaveLength(84);
  expect(computed).toMatchObject({ failed: [], repeated: 0 });
});

it('fails only the guilty item of a joined batch, and takes no further batch after the crash', async () => {
  const guilty = [...good(1), { kind: 'exit' }, ...good(2)];
  const further = furtherOf([batchOf(1, guilty), batchOf(2), batchOf(3)]);
  const computed = await computeWith(slot, modelOf('kinds.mjs'), batchOf(0), { further });
  expect(computed.end).toEqual({ kind: 'computed' });
  expect(computed).toMatchObject({ failed: [5], repeated: 0 });
  expect(rebuildsIn(computed).length).toBeGreaterThan(0);
  expect(computed.results.filter((line) => line?.ok === true)).toHaveLength((4 - further.left()) * 4 - 1);
});
