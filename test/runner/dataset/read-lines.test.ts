import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJsonLines, readTextLines } from '../../../runner/dataset/read-lines.js';
import { UserError } from '../../../runner/errors.js';
import { chunksAt, chunksOf, itemsOf, linesOf } from './reading.js';

const lenient = { name: 'data.jsonl', strict: false };
const bytesOf = (text: string): Buffer => Buffer.from(text);
const json = (text: string, options = {}): Promise<unknown[]> =>
  itemsOf(readJsonLines(chunksOf(bytesOf(text), 7), { ...lenient, ...options }));
const text = (content: string | Buffer, options = {}): Promise<unknown[]> =>
  itemsOf(readTextLines(chunksOf(Buffer.from(content), 7), { ...lenient, ...options }));

describe('JSON Lines', () => {
  it('are items of any JSON value, with or without a last newline', async () => {
    expect(await json('{"a":1}\n[2]\n"ü"\nnull\n4.50')).toEqual([{ a: 1 }, [2], 'ü', null, 4.5]);
  });

  it('are kept byte for byte', async () => {
    const lines = ['{"b": 1.50,  "a":"\\u00e9"}', '  1e400', '12345678901234567890', '"\u2028é😀"'];
    expect(await linesOf(readJsonLines(chunksOf(bytesOf(lines.join('\n')), 3), lenient))).toEqual(lines);
  });

  it('may end in CRLF and begin with a byte order mark', async () => {
    expect(await linesOf(readJsonLines(chunksOf(bytesOf('\ufeff{"a":1}\r\n2\r\n'), 2), lenient))).toEqual([
      '{"a":1}',
      '2',
    ]);
  });

  it('have an error for NaN and Infinity that names their place and the programs that write them', async () => {
    const items = await json('{"a":[1,{"b":NaN}]}\n-Infinity\n{"a":"NaN","b":nan}\n{"a":"\\"NaN","b c":Infinity}\n');
    expect(items).toEqual([
      expect.stringMatching(/^bad: line 1 is not JSON: it holds NaN \(in a\[1\]\.b\), .*Python's json\.dumps .*null/),
      expect.stringMatching(/^bad: line 2 is not JSON: it holds -Infinity, which/),
      expect.stringMatching(/^bad: line 3 is not JSON \(/),
      expect.stringMatching(/^bad: line 4 is not JSON: it holds Infinity \(in \["b c"\]\)/),
    ]);
  });

  it('are not examined beyond the limit of items, not even when strict', async () => {
    expect(await json('1\n2\n{\n', { strict: true, limit: 2 })).toEqual([1, 2]);
  });

  it('contain no carriage return within an item, because a model might take it for a newline', async () => {
    expect(await linesOf(readJsonLines(chunksOf(bytesOf('{\r"a":1}\n'), 64), lenient))).toEqual(['{ "a":1}']);
  });

  it('skip blank lines but count them', async () => {
    expect(await json('1\n\n \t\r\n{\n2')).toEqual([1, expect.stringMatching(/^bad: line 4 is not JSON/), 2]);
  });

  it('have a failed item in the place of a line that is not JSON, not UTF-8 or too long', async () => {
    const bytes = Buffer.concat([
      bytesOf('1\n"'),
      Buffer.from([0xff]),
      bytesOf('"\n!{}\n"'),
      Buffer.alloc(40, 'x'),
      bytesOf('"\n5\n'),
    ]);
    for (const chunkBytes of [1, 5, 1_000]) {
      const items = await itemsOf(readJsonLines(chunksOf(bytes, chunkBytes), { ...lenient, maxLineBytes: 32 }));
      expect(items).toEqual([
        1,
        expect.stringMatching(/^bad: line 2 is not valid UTF-8/),
        expect.stringMatching(/^bad: line 3 is not JSON/),
        'bad: line 4 is longer than 32 bytes',
        5,
      ]);
    }
  });

  it('fail with an error that names the line when strict', async () => {
    const reading = json('1\n{\n', { strict: true });
    await expect(reading).rejects.toThrow(UserError);
    await expect(reading).rejects.toThrow(/^data\.jsonl: line 2 is not JSON/);
  });

  it('continue after a line that is far too long', async () => {
    async function* long(): AsyncGenerator<Uint8Array> {
      for (let chunk = 0; chunk < 2_000; chunk++) yield Buffer.alloc(1_000, 'x');
      yield bytesOf('\n7\n');
    }
    const items = await itemsOf(readJsonLines(long(), { ...lenient, maxLineBytes: 10_000 }));
    expect(items).toEqual(['bad: line 1 is longer than 10000 bytes', 7]);
  });

  it('give the same items however the bytes arrive', async () => {
    const line = fc.oneof(
      fc.json(),
      fc.constantFrom('', ' ', '{', '"é"', '"\\ud800"', 'ü', '\r', `"${'y'.repeat(30)}"`, '\ufeff1'),
    );
    const file = fc.tuple(fc.array(fc.tuple(line, fc.constantFrom('\n', '\r\n'))), fc.boolean(), line);
    await fc.assert(
      fc.asyncProperty(file, fc.array(fc.nat(400)), async ([lines, mark, last], cuts) => {
        const bytes = bytesOf((mark ? '\ufeff' : '') + lines.map((pair) => pair.join('')).join('') + last);
        const options = { ...lenient, maxLineBytes: 25 };
        const whole = await linesOf(readJsonLines(chunksAt(bytes, []), options));
        expect(await linesOf(readJsonLines(chunksAt(bytes, cuts), options))).toEqual(whole);
        expect(whole).toHaveLength(
          bytes
            .toString()
            .replace(/^\ufeff/, '')
            .split('\n')
            .filter((l) => /[^ \t\r]/.test(l)).length,
        );
      }),
    );
  });
});

describe('plain text', () => {
  it('is one string per line', async () => {
    expect(await text('\ufeffCCO\r\n\nN[C@@H]("x")\\C\n  ü😀 \n')).toEqual(['CCO', 'N[C@@H]("x")\\C', '  ü😀 ']);
  });

  it('has a failed item in the place of a line that is not UTF-8', async () => {
    const bytes = Buffer.concat([bytesOf('a\n'), Buffer.from([0xc3, 0x28]), bytesOf('\nb')]);
    expect(await text(bytes)).toEqual(['a', expect.stringMatching(/^bad: line 2 is not valid UTF-8/), 'b']);
  });
});
