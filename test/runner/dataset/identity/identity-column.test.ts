import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeptLineCodec, idKey } from '../../../../core/contract/kept-line.js';
import { IdentityColumn } from '../../../../runner/dataset/identity/identity-column.js';
import type { IdentityRequest } from '../../../../runner/dataset/identity/identity-request.js';
import { ItemPlaces } from '../../../../runner/dataset/identity/item-places.js';
import type { ItemGroup } from '../../../../runner/dataset/item-group.js';
import { readJsonLines } from '../../../../runner/dataset/read-lines.js';
import { errorOf } from '../../../support/error-of.js';
import { chunksAt } from '../reading.js';

const NAME = 'data.jsonl';

const groupsOf = (lines: readonly string[], cuts: readonly number[] = []): AsyncGenerator<ItemGroup> =>
  readJsonLines(chunksAt(Buffer.from(lines.join('\n')), cuts), { name: NAME, strict: false });

async function keptOf(lines: readonly string[], fields: Partial<IdentityRequest>, cuts: readonly number[] = []) {
  const ids: string[] = [];
  const column = new IdentityColumn({ name: NAME, kind: 'lines', ...fields }, (id) => ids.push(id));
  const kept: string[] = [];
  for await (const group of column.over(groupsOf(lines, cuts))) kept.push(...(group.kept ?? []));
  return { kept, ids, column };
}

describe('with a field for the id', () => {
  it('keeps the text of ids and fields as the dataset has it', async () => {
    const lines = [
      '{"id":1.0,"meta":{"source":"a","n":1e400},"x":1}',
      '{"id":"\\u0061\\/b","meta":{"n":[1,  2]}}',
      'no JSON',
      '{"x":2,"id":123456789012345678901}',
    ];
    const { kept, ids } = await keptOf(lines, { idField: 'id', keep: ['meta.source', 'meta.n'] });
    expect(kept).toEqual([
      '{"id":1.0,"kept":{"meta.source":"a","meta.n":1e400}}',
      '{"id":"\\u0061\\/b","kept":{"meta.n":[1,  2]}}',
      '{}',
      '{"id":123456789012345678901}',
    ]);
    expect(ids).toEqual(['1.0', 'a/b', '123456789012345678901']);
  });

  it('gives the same lines however the bytes arrive, with letters beyond ASCII too', async () => {
    const item = fc.record({ id: fc.oneof(fc.integer(), fc.string({ minLength: 1 })), é: fc.jsonValue() });
    await fc.assert(
      fc.asyncProperty(fc.array(item, { maxLength: 20 }), fc.array(fc.nat(400)), async (items, cuts) => {
        const lines = items.map((value) => JSON.stringify(value));
        const { kept } = await keptOf(lines, { idField: 'id', keep: ['é'] }, cuts);
        const codec = new KeptLineCodec(['é']);
        const read = kept.map((line) => codec.decode(line));
        expect(read).toEqual(
          items.map((value) => ({ idJson: JSON.stringify(value.id), keptJson: [JSON.stringify(value.é)] })),
        );
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    ['{"name":"x","n":1}', 'data.jsonl, row 2: the item has no field "id" (--id-field). It has "name", "n".'],
    ['{}', 'data.jsonl, row 2: the item has no field "id" (--id-field). It has no fields.'],
    ['[1]', 'data.jsonl, row 2: the item is a list, so it has no field "id" (--id-field).'],
    ['{"id":null}', 'data.jsonl, row 2: the field "id" (--id-field) is null. An id is a string or a number.'],
    ['{"id":true}', 'data.jsonl, row 2: the field "id" (--id-field) is true. An id is a string or a number.'],
    ['{"id":{}}', 'data.jsonl, row 2: the field "id" (--id-field) is an object. An id is a string or a number.'],
    ['{"id":""}', 'data.jsonl, row 2: the field "id" (--id-field) is empty. An id has at least one character.'],
    [
      `{"id":"${'x'.repeat(5_000)}"}`,
      'data.jsonl, row 2: the field "id" (--id-field) has 5,002 characters. An id has at most 4096.',
    ],
  ])('refuses the item %.60s with its place', async (line, message) => {
    const error = await errorOf(keptOf(['{"id":1}', line], { idField: 'id' }));
    expect(error.message).toBe(message);
  });

  it('says for files that their id is their name', async () => {
    const error = await errorOf(keptOf(['{"name":"a.png"}'], { idField: 'path', kind: 'objects' }));
    expect(error.message).toBe(
      'data.jsonl, row 1: the items are files, which have no field "path". Their id is their name: --id-field name',
    );
  });
});

describe('without a field for the id', () => {
  it('takes custom_id when every item that can be read has one', async () => {
    const { kept, column } = await keptOf(['{"custom_id":"a"}', 'no JSON', '{"custom_id":"b"}'], {});
    expect(kept).toEqual(['{"id":"a"}', '{}', '{"id":"b"}']);
    expect(column.hasIds).toBe(true);
  });

  it('stops at the first item without a custom_id', async () => {
    const { kept, column } = await keptOf(['no JSON', '{"custom_id":"a"}', '{"custom_id":null}'], {});
    expect({ kept, endedAt: column.ownIdsEndedAt, hasIds: column.hasIds }).toEqual({
      kept: [],
      endedAt: 2,
      hasIds: false,
    });
  });

  it('keeps nothing when the first item has no custom_id', async () => {
    const { kept, column } = await keptOf(['{"a":1}', '{"custom_id":"a"}'], {});
    expect({ kept, endedAt: column.ownIdsEndedAt }).toEqual({ kept: [], endedAt: undefined });
  });

  it('names kept fields that no item has', async () => {
    const { column } = await keptOf(['{"a":1}', '{"b":1}'], { keep: ['b', 'c'] });
    expect(column.neverFound).toEqual(['c']);
  });
});

it('compares a number by its digits and a string by its characters', () => {
  expect(['1', '"1"', '"\\u0031"', '1.0', '"a\\"b"'].map(idKey)).toEqual(['1', '1', '1', '1.0', 'a"b']);
});

it('finds the place of each item again, for every order of sources and rows', () => {
  const group = fc.record({ source: fc.nat(3), rows: fc.array(fc.nat(20), { minLength: 1, maxLength: 5 }) });
  fc.assert(
    fc.property(fc.array(group, { maxLength: 10 }), (groups) => {
      const places = new ItemPlaces();
      for (const place of groups) places.add(place.rows.length, place);
      const all = groups.flatMap(({ source, rows }) => rows.map((row) => ({ source, row })));
      expect(all.map((_, index) => places.of(index))).toEqual(all);
      expect(places.of(all.length)).toBeUndefined();
    }),
  );
});
