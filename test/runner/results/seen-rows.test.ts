import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SeenRows } from '../../../runner/results/seen-rows.js';

it('the rows that were seen are known again, and no others', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(60)), (indexes) => {
      const seen = new SeenRows();
      for (const index of indexes.toSorted((a, b) => a - b)) seen.add(index);
      const known = Array.from({ length: 62 }, (_, index) => index).filter((index) => seen.has(index));
      expect(known).toEqual(indexes.toSorted((a, b) => a - b));
    }),
  );
});
