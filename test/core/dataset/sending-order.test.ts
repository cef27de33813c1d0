import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inSendingOrder, SAMPLE_BATCHES } from '../../../core/dataset/sending-order.js';

const numbers = (length: number): readonly number[] => Array.from({ length }, (_, n) => n);

describe('the order in which batches are sent (R10)', () => {
  it('has every batch once, and is the same each time', () => {
    fc.assert(
      fc.property(fc.nat(3_000), (length) => {
        const order = inSendingOrder(numbers(length));
        expect([...order].sort((a, b) => a - b)).toEqual(numbers(length));
        expect(inSendingOrder(numbers(length))).toEqual(order);
      }),
    );
  });

  it('begins with batches from all over the dataset: each twentieth of it has one, the first and the last batch among them', () => {
    fc.assert(
      fc.property(fc.integer({ min: SAMPLE_BATCHES, max: 20_000 }), (length) => {
        const sample = inSendingOrder(numbers(length)).slice(0, SAMPLE_BATCHES);
        const sorted = [...sample].sort((a, b) => a - b);
        expect([sorted[0], sorted.at(-1)]).toEqual([0, length - 1]);
        const gaps = sorted.slice(1).map((batch, at) => batch - (sorted[at] ?? 0));
        expect(Math.max(...gaps)).toBeLessThanOrEqual(Math.ceil(length / (SAMPLE_BATCHES - 1)));
      }),
    );
  });

  it('reaches each quarter of a large dataset with the first five batches', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 20_000 }), (length) => {
        const five = inSendingOrder(numbers(length)).slice(0, 5);
        expect(new Set(five.map((batch) => Math.floor((batch / length) * 4))).size).toBe(4);
      }),
    );
  });

  it('goes on in the order of the dataset', () => {
    const rest = inSendingOrder(numbers(1_000)).slice(SAMPLE_BATCHES);
    expect([...rest].sort((a, b) => a - b)).toEqual(rest);
  });
});
