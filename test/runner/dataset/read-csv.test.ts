import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCsv } from '../../../runner/dataset/read-csv.js';
import { chunksAt, chunksOf, itemsOf } from './reading.js';

const lenient = { name: 'data.csv', strict: false };
const csv = (content: string | Buffer, options = {}): Promise<unknown[]> =>
  itemsOf(readCsv(chunksOf(Buffer.from(content), 5), { ...lenient, ...options }));

describe('CSV', () => {
  it('gives objects of strings, keyed by the header', async () => {
    expect(await csv('\ufeffid,name\r\n1,Ada\r\n2,\r\n')).toEqual([
      { id: '1', name: 'Ada' },
      { id: '2', name: '' },
    ]);
  });

  it('reads quotes, quoted commas, doubled quotes and embedded newlines as they are', async () => {
    expect(await csv('a,"b c"\n"1,5","say ""hi""\r\nthere\n"\n"",x\n')).toEqual([
      { a: '1,5', 'b c': 'say "hi"\r\nthere\n' },
      { a: '', 'b c': 'x' },
    ]);
  });

  it('skips blank lines, but not blank lines within quotes', async () => {
    expect(await csv('a\n\n1\n  \n"x\n\ny"\n')).toEqual([{ a: '1' }, { a: 'x\n\ny' }]);
  });

  it('has a failed item in the place of each bad record, with the line on which it begins', async () => {
    const content = Buffer.concat([
      Buffer.from('a,b\n1,2\n"multi\nline",ok\n3\n4,5,6\n7,"x"y\n8,a"b\n'),
      Buffer.from([0x39, 0x2c, 0xff, 0x0a]),
      Buffer.from(`10,${'z'.repeat(80)}\n11,12\n13,"never closed\nto the end`),
    ]);
    expect(await csv(content, { maxLineBytes: 64 })).toEqual([
      { a: '1', b: '2' },
      { a: 'multi\nline', b: 'ok' },
      'bad: line 5 has 1 field, the header has 2',
      'bad: line 6 has 3 fields, the header has 2',
      expect.stringMatching(/^bad: line 7 is not CSV \(Invalid Closing Quote/),
      expect.stringMatching(/^bad: line 8 is not CSV \(Invalid Opening Quote/),
      expect.stringMatching(/^bad: line 9 is not valid UTF-8/),
      'bad: line 10 is longer than 64 bytes',
      { a: '11', b: '12' },
      'bad: line 12 begins a quoted field that is never closed',
    ]);
  });

  it('gives up on a record that outgrows the bound, and goes on after it', async () => {
    const items = await csv(`a\n"${'x\n'.repeat(40)}\n1\n2\n`, { maxLineBytes: 50 });
    expect(items[0]).toBe('bad: line 2 is longer than 50 bytes');
    expect(items.slice(-2)).toEqual([{ a: '1' }, { a: '2' }]);
  });

  it('refuses a header that names a column twice', async () => {
    await expect(csv('a,b,a\n1,2,3\n')).rejects.toThrow('data.csv: the header has the column "a" twice');
  });

  it('refuses a header that cannot be read, even if not strict', async () => {
    await expect(csv('"a\n1\n')).rejects.toThrow('data.csv, line 1: the header cannot be read');
  });

  it('has no items when there is only a header', async () => {
    expect(await csv('a,b\n')).toEqual([]);
    expect(await csv('')).toEqual([]);
  });

  it('gives back any table, however the bytes arrive', async () => {
    const field = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('', ',', '"', '\n', '\r\n', 'a"b', '😀'));
    const table = fc.array(fc.tuple(field, field), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(table, fc.array(fc.nat(500)), fc.constantFrom('\n', '\r\n'), async (rows, cuts, end) => {
        const quoted = rows.map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join(','));
        const bytes = Buffer.from(['a,b', ...quoted].join(end));
        expect(await itemsOf(readCsv(chunksAt(bytes, cuts), lenient))).toEqual(rows.map(([a, b]) => ({ a, b })));
      }),
    );
  });
});
