import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OrderedMap } from '../../../local/s3/ordered-map.js';
import { byteOrder, listingOf, type ListingQuery } from '../../support/listing-model.js';
import { decodeToken, encodeToken, listPage, type Position } from '../../../local/s3/listing.js';

// There are few letters, so that keys share prefixes. U+E000 and an emoji sort differently as UTF-16 and as bytes.
const letters = fc.constantFrom('a', 'b', '/', '\ue000', '😀', '-');
const words = (min: number, max: number) =>
  fc.array(letters, { minLength: min, maxLength: max }).map((parts) => parts.join(''));

const queries: fc.Arbitrary<ListingQuery> = fc.record({
  prefix: words(0, 2),
  delimiter: fc.oneof(fc.constant(''), fc.constant('/'), words(1, 2)),
  startAfter: fc.option(words(1, 4), { nil: undefined }),
  maxKeys: fc.integer({ min: 1, max: 6 }),
});

describe('an ordered map', () => {
  it('walks in UTF-8 byte order from any key, after any sets and deletes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(words(0, 5), fc.boolean()), { maxLength: 300 }), words(0, 5), (steps, start) => {
        const map = new OrderedMap<number>();
        const model = new Map<string, number>();
        steps.forEach(([key, isSet], index) => {
          if (isSet) map.set(key, index);
          else expect(map.delete(key)).toBe(model.has(key));
          if (isSet) model.set(key, index);
          else model.delete(key);
        });
        const expected = [...model].sort(([left], [right]) => byteOrder(left, right));
        expect([...map.entriesFrom(() => true)]).toEqual(expected);
        expect([...map.entriesFrom((key) => byteOrder(key, start) >= 0)]).toEqual(
          expected.filter(([key]) => byteOrder(key, start) >= 0),
        );
        expect(map.size).toBe(model.size);
      }),
    );
  });

  it('keeps its order over many blocks, whether filled from an end or in between, and when emptied', () => {
    const map = new OrderedMap<number>();
    const name = (index: number) => String(index).padStart(6, '0');
    const total = 20_000;
    for (let index = 0; index < total; index++) map.set(name((index * 7919) % total), index);
    for (let index = 1; index <= 3_000; index++) map.set(`-${name(total - index)}`, index);
    const keys = [...map.entriesFrom(() => true)].map(([key]) => key);
    expect(keys).toHaveLength(total + 3_000);
    expect(keys).toEqual([...keys].sort());
    for (const key of keys) expect(map.delete(key)).toBe(true);
    expect([...map.entriesFrom(() => true)]).toEqual([]);
    map.set('again', 1);
    expect([...map.entriesFrom(() => true)]).toEqual([['again', 1]]);
  });
});

describe('pages', () => {
  it('add up to the whole listing, and each is as long as it may be', () => {
    fc.assert(
      fc.property(fc.uniqueArray(words(1, 5), { maxLength: 60 }), queries, (keys, query) => {
        const objects = new OrderedMap<string>();
        for (const key of keys) objects.set(key, key);
        const seen: string[] = [];
        let after: Position | undefined =
          query.startAfter === undefined ? undefined : { kind: 'key', value: query.startAfter };
        do {
          const page = listPage(objects, { ...query, after });
          const entries = page.entries.map(([key]) => ({ text: `key ${key}`, at: key }));
          const prefixes = page.commonPrefixes.map((prefix) => ({ text: `prefix ${prefix}`, at: prefix }));
          const shown = [...entries, ...prefixes].sort((left, right) => byteOrder(left.at, right.at));
          if (page.next !== undefined) expect(shown).toHaveLength(query.maxKeys);
          seen.push(...shown.map(({ text }) => text));
          after = page.next === undefined ? undefined : decodeToken(encodeToken(page.next));
        } while (after !== undefined);
        expect(seen).toEqual(listingOf(keys, query));
      }),
      { numRuns: 500 },
    );
  });
});
