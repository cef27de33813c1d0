import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { delimiterOf } from '../../../runner/dataset/csv-dialect.js';
import type { DatasetNotice } from '../../../runner/dataset/notice.js';
import { readCsv } from '../../../runner/dataset/read-csv.js';
import { UserError } from '../../../runner/errors.js';
import { chunksAt, chunksOf, itemsOf, linesOf } from './reading.js';

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

  it('reads quotes, quoted commas, doubled quotes and embedded newlines', async () => {
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
      Buffer.from(`10,${'z'.repeat(80)}\n11,12\n`),
    ]);
    expect(await csv(content, { maxLineBytes: 64 })).toEqual([
      { a: '1', b: '2' },
      { a: 'multi\nline', b: 'ok' },
      'bad: line 5 has 1 field, the header has 2',
      'bad: line 6 has 3 fields, the header has 2',
      expect.stringMatching(/^bad: line 7 is not CSV \(Invalid Closing Quote/),
      { a: '8', b: 'a"b' },
      expect.stringMatching(/^bad: line 9 is not valid UTF-8/),
      'bad: line 10 is longer than 64 bytes',
      { a: '11', b: '12' },
    ]);
  });

  it('refuses a header that names a column twice, or leaves several without a name', async () => {
    await expect(csv('a,b,a\n1,2,3\n')).rejects.toThrow('data.csv: the header names the column "a" twice');
    await expect(csv('a,,b,\n1,2,3,4\n')).rejects.toThrow('the header has no names for the columns 2 and 4');
    expect(await csv(',a\n1,2\n')).toEqual([{ '': '1', a: '2' }]);
  });

  it('keeps columns whose names are special in JavaScript', async () => {
    const lines = await linesOf(readCsv(chunksOf(Buffer.from('__proto__,10,2,constructor\n1,2,3,4\n'), 5), lenient));
    expect(lines).toEqual(['{"__proto__":"1","10":"2","2":"3","constructor":"4"}']);
  });

  it('ends records at carriage returns and at newlines, but keeps both within quotes', async () => {
    expect(await csv('a,b\r1,2\r"x\r\ny\r",3\r\r\n4,5\n6,7')).toEqual([
      { a: '1', b: '2' },
      { a: 'x\r\ny\r', b: '3' },
      { a: '4', b: '5' },
      { a: '6', b: '7' },
    ]);
  });

  it('reads a row of empty fields as a row, with any delimiter', async () => {
    const tab = { delimiter: delimiterOf('\t') };
    expect(await csv('a\tb\n\t\n\n1\t2\n', tab)).toEqual([
      { a: '', b: '' },
      { a: '1', b: '2' },
    ]);
  });
});

it('a quote within an unquoted field is a character, but not behind a closing quote', async () => {
  expect(await csv('a,b\n3" pipe,x"y"\n"5"" pipe","a "" b"\n')).toEqual([
    { a: '3" pipe', b: 'x"y"' },
    { a: '5" pipe', b: 'a " b' },
  ]);
  expect(await csv('a,b\n3" pipe,1\n3" pipe,"x"y\n4",2\n')).toEqual([
    { a: '3" pipe', b: '1' },
    expect.stringMatching(/^bad: line 3 is not CSV/),
    { a: '4"', b: '2' },
  ]);
});

describe('a stray quote in CSV', () => {
  const rows = (from: number, to: number): string =>
    Array.from({ length: to - from }, (_, i) => `${from + i},name ${from + i}\n`).join('');

  it('that is never closed is an error that names the line of the quote', async () => {
    const reading = csv(`id,name\n${rows(2, 50)}50,"stray\n${rows(51, 2_000)}`);
    await expect(reading).rejects.toThrow(UserError);
    await expect(reading).rejects.toThrow(/^data\.csv: the quote \("\) on line 50 opens a field that is never closed/);
  });

  it('is reported with its own line, not with the line where its record begins', async () => {
    await expect(csv('a,b\n"closed\non 3","stray\n1,2\n')).rejects.toThrow(/^data\.csv: the quote \("\) on line 3/);
  });

  it('is an error when a later quote closes it and the record is invalid: no row is lost silently', async () => {
    await expect(csv(`id,name\n1,"stray\n${rows(3, 6)}6,"x"\n7,8\n`)).rejects.toThrow(
      /^data\.csv: the quote \("\) on line 2 .*the record of 5 lines is not CSV/,
    );
    await expect(csv(`id,name\n"1,stray\n${rows(3, 6)}6,"\n7,8\n`)).rejects.toThrow(
      /^data\.csv: the quote \("\) on line 2 .* has 1 field, the header has 2/,
    );
  });

  it('is an error when the record is valid but contains row after row', async () => {
    await expect(csv(`id,name\n1,"stray\n${rows(3, 20)}20,"\n21,x\n`)).rejects.toThrow(
      /^data\.csv: the quote \("\) on line 2 .*record of 19 lines contains lines that look like rows of the table, with 2 fields each/,
    );
  });

  it('accepts texts of many lines, and warns about the first that is unusually long', async () => {
    const notices: DatasetNotice[] = [];
    const poem = 'A line, of a poem, with commas\nand one without\n'.repeat(600);
    const content = `id,text\n1,"${poem}"\n2,"${poem}"\n`;
    expect(await csv(content, { notify: (notice: DatasetNotice) => notices.push(notice) })).toHaveLength(2);
    expect(notices).toEqual([
      {
        level: 'warning',
        code: 'long-records',
        message: expect.stringMatching(
          /^data\.csv: .* on line 2 .* over 1201 lines\. 1 more record is as long/,
        ) as string,
      },
    ]);
  });

  it('is an error before an endless record fills the memory', async () => {
    const content = `a\n1\n"${'x\n'.repeat(40)}\n1\n2\n`;
    for (const chunkBytes of [1, 7, 1_000]) {
      const reading = itemsOf(readCsv(chunksOf(Buffer.from(content), chunkBytes), { ...lenient, maxLineBytes: 50 }));
      await expect(reading).rejects.toThrow(/^data\.csv: the quote \("\) on line 3/);
    }
  });

  it('behind which text follows spoils only its own line', async () => {
    expect(await csv('a,b\n1,"5" pipe\n2,x\n')).toEqual([
      expect.stringMatching(/^bad: line 2 is not CSV/),
      { a: '2', b: 'x' },
    ]);
  });

  it('after the limit of items is ignored', async () => {
    expect(await csv('a\n1\n2\n3\n"x\n', { limit: 2 })).toEqual([{ a: '1' }, { a: '2' }]);
  });
});

describe('any table', () => {
  it('refuses a header that cannot be read, even if not strict', async () => {
    await expect(csv('"a\n1\n')).rejects.toThrow('data.csv: cannot read the header on line 1');
  });

  it('has no items when there is only a header', async () => {
    expect(await csv('a,b\n')).toEqual([]);
    expect(await csv('')).toEqual([]);
  });

  it('is read as it was written, with any line ends and delimiter, however the bytes arrive', async () => {
    const field = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('', ',', ';', '\t', '"', '\n', '\r\n', '\r', 'a"b', '😀', '\0', '\u2028', '\ufeff', ' x '),
    );
    const table = fc.array(fc.tuple(field, field), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(
        table,
        fc.array(fc.nat(500)),
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.constantFrom(',', ';', '\t', '|', ' '),
        async (rows, cuts, end, character) => {
          const quoted = rows.map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join(character));
          const bytes = Buffer.from([`a${character}b`, ...quoted].join(end));
          const options = { ...lenient, delimiter: delimiterOf(character) };
          expect(await itemsOf(readCsv(chunksAt(bytes, cuts), options))).toEqual(rows.map(([a, b]) => ({ a, b })));
        },
      ),
    );
  });
});
