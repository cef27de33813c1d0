import fc from 'fast-check';
import { expect, test } from 'vitest';
import { IndexedHeap } from '../../../local/sqs/indexed-heap.js';

interface Item {
  key: number;
  place: number;
}

test('the least item is on top after any pushes, removals and changes', () => {
  const operation = fc.record({
    kind: fc.constantFrom('push', 'remove', 'change', 'pop'),
    key: fc.integer({ min: 0, max: 50 }),
    pick: fc.nat(),
  });
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
      const heap = new IndexedHeap<'place', Item>('place', (a, b) => a.key < b.key);
      let items: Item[] = [];
      for (const { kind, key, pick } of operations) {
        const picked = items[pick % Math.max(1, items.length)];
        if (kind === 'push') {
          const item = { key, place: -1 };
          items.push(item);
          heap.push(item);
        } else if (picked !== undefined && kind === 'remove') {
          heap.remove(picked);
          heap.remove(picked);
          items = items.filter((item) => item !== picked);
        } else if (picked !== undefined && kind === 'change') {
          picked.key = key;
          heap.update(picked);
        } else if (kind === 'pop') {
          const popped = heap.pop();
          expect(popped?.key).toBe(items.length === 0 ? undefined : Math.min(...items.map((item) => item.key)));
          items = items.filter((item) => item !== popped);
        }
        expect(heap.size).toBe(items.length);
        expect(heap.peek()?.key ?? Infinity).toBe(Math.min(...items.map((item) => item.key)));
      }
    }),
  );
});

test('no operation compares more than a few times the height of the heap', () => {
  const count = 200_000;
  let comparisons = 0;
  const heap = new IndexedHeap<'place', Item>('place', (a, b) => {
    comparisons += 1;
    return a.key < b.key;
  });
  const items = Array.from({ length: count }, (_, i) => ({ key: (i * 7919) % count, place: -1 }));
  const most = 3 * Math.ceil(Math.log2(count));
  const bounded = (act: () => void): void => {
    comparisons = 0;
    act();
    if (comparisons > most) throw new Error(`${comparisons} comparisons`);
  };
  for (const item of items) bounded(() => heap.push(item));
  for (const item of items.slice(0, count / 2)) bounded(() => heap.remove(item));
  for (let i = 0; i < count / 2; i++) bounded(() => heap.pop());
  expect(heap.size).toBe(0);
});
