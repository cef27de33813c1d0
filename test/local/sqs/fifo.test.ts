import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Fifo } from '../../../local/sqs/fifo.js';

test('items leave in the order of their arrival, at any length', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -3_000, max: 3_000 }), { maxLength: 20 }), (steps) => {
      const fifo = new Fifo<number>();
      let [pushed, shifted] = [0, 0];
      for (const step of steps) {
        for (let i = 0; i < step; i++) fifo.push(pushed++);
        for (let i = 0; i > step; i--) {
          const expected = shifted < pushed ? shifted++ : undefined;
          expect(fifo.peek()).toBe(expected);
          expect(fifo.shift()).toBe(expected);
        }
        expect(fifo.size).toBe(pushed - shifted);
      }
    }),
  );
});
