import fc from 'fast-check';
import { expect, it } from 'vitest';
import { IdSet } from '../../../../runner/dataset/identity/id-set.js';

it('names exactly the ids that occur more than once, for every list of ids', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.nat(30).map(String), fc.string({ maxLength: 3 })), { maxLength: 200 }), (ids) => {
      const set = new IdSet();
      for (const id of ids) set.add(id);
      const repeated = ids.filter((id, n) => ids.indexOf(id) !== n);
      expect(set.findRepeated()).toBe(repeated.length > 0);
      for (const id of ids) expect(set.mayBeRepeated(id)).toBe(repeated.includes(id));
      expect(set.mayBeRepeated('an id that was never added')).toBe(false);
    }),
  );
});

it('finds no equal hashes among a hundred thousand numbered ids, and the one id that is repeated', () => {
  const set = new IdSet();
  for (let n = 0; n < 100_000; n++) set.add(`item-${n}`);
  set.add('item-77777');
  expect(set.size).toBe(100_001);
  expect(set.findRepeated()).toBe(true);
  const repeated = Array.from({ length: 100_000 }, (_, n) => `item-${n}`).filter((id) => set.mayBeRepeated(id));
  expect(repeated).toEqual(['item-77777']);
});

it('an id on every line fills no memory, and is named beside another one that is repeated', () => {
  const set = new IdSet();
  set.add('other');
  for (let n = 0; n < 2_500_000; n++) set.add('the same');
  set.add('other');
  set.add('once');
  expect(set.size).toBe(2_500_003);
  expect(set.findRepeated()).toBe(true);
  expect(['the same', 'other', 'once'].filter((id) => set.mayBeRepeated(id))).toEqual(['the same', 'other']);
});
