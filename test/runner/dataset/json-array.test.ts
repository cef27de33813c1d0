/** Tests JSON arrays, whose elements are items. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJsonArray } from '../../../runner/dataset/read-json-array.js';
import { chunksAt, chunksOf, itemsOf, linesOf } from './reading.js';

const options = { name: 'a.json', strict: false };
const lines = (text: string, chunkBytes = 3, maxLineBytes = 1_000): Promise<string[]> =>
  linesOf(readJsonArray(chunksOf(Buffer.from(text), chunkBytes), { ...options, maxLineBytes }));
const items = (text: string, chunkBytes = 3, maxLineBytes = 1_000): Promise<unknown[]> =>
  itemsOf(readJsonArray(chunksOf(Buffer.from(text), chunkBytes), { ...options, maxLineBytes }));

describe('a JSON array', () => {
  it('gives the text of its elements unchanged, however it is laid out and cut', async () => {
    const element = fc.json({ maxDepth: 3 });
    const space = fc.stringMatching(/^[ \n\r\t]{0,3}$/);
    const elements = fc.array(fc.tuple(space, element, space), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(elements, fc.array(fc.nat(300)), async (all, cuts) => {
        const text = `\ufeff [${all.map((parts) => parts.join('')).join(',')}]\n`;
        const read = readJsonArray(chunksAt(Buffer.from(text), cuts), options);
        expect(await linesOf(read)).toEqual(all.map(([, json]) => json));
      }),
    );
  });

  it('keeps what a parser would lose', async () => {
    const text = '[1.0, 1e400, 123456789012345678901, {"a":1,"a":2}, "\\ud800", "]},["]';
    expect(await lines(text)).toEqual([
      '1.0',
      '1e400',
      '123456789012345678901',
      '{"a":1,"a":2}',
      '"\\ud800"',
      '"]},["',
    ]);
  });

  it('puts an element of several lines on one', async () => {
    expect(await lines('[\n  {\n    "a": 1\r\n  }\n]')).toEqual(['{     "a": 1    }']);
  });

  it('may be empty, and may hold arrays and scalars', async () => {
    expect(await items('[]')).toEqual([]);
    expect(await items(' [ ] ')).toEqual([]);
    expect(await items('[[1,[2]],null,"x",true]')).toEqual([[1, [2]], null, 'x', true]);
  });

  it('has failed items where elements are no JSON or too long', async () => {
    const read = await items(`[1,nope,{"a":NaN},"${'x'.repeat(2_000)}",2]`);
    expect(read[0]).toBe(1);
    expect(read[1]).toMatch(/^bad: element 2 is not JSON/);
    expect(read[2]).toMatch(/^bad: element 3 is not JSON: /);
    expect(read[3]).toBe('bad: element 4 is longer than 1000 bytes');
    expect(read[4]).toBe(2);
  });

  it.each([
    ['[1,2', /it ends within the array, at element 2/],
    ['[{"a":"x]}', /ends within the array, at element 1/],
    ['[{"a":[1},2]', /the brackets of element 1 do not match/],
    ['[1,]', /element 2 is empty/],
    ['[,1]', /element 1 is empty/],
    ['[1] 2', /more text behind the end/],
    ['{"a":1}', /does not begin with a bracket/],
    ['', /has no array/],
  ])('is refused when nobody can know its elements: %s', async (text, message) => {
    for (const chunkBytes of [1, 100]) await expect(items(text, chunkBytes)).rejects.toThrow(message);
  });
});
