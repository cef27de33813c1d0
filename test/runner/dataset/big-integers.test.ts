import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BigIntegerScan, bigIntegerNotice, mayHoldBig } from '../../../runner/dataset/big-integers.js';
import type { DatasetNotice } from '../../../runner/dataset/notice.js';
import { readJsonLines } from '../../../runner/dataset/read-lines.js';
import { chunksOf, linesOf } from './reading.js';

/** The reader does the same: most lines only get the quick check. */
function lookAt(text: string, scan: BigIntegerScan): string {
  const bytes = Buffer.from(`"${text}" `);
  return mayHoldBig(bytes, 1, bytes.length - 2) ? scan.scan(text, 1, true) : text;
}

async function read(text: string, options = {}) {
  const notices: DatasetNotice[] = [];
  const reading = {
    name: 'd.jsonl',
    strict: false,
    notify: (notice: DatasetNotice) => notices.push(notice),
    ...options,
  };
  const lines = await linesOf(readJsonLines(chunksOf(Buffer.from(text), 9), reading));
  return { lines, notices };
}

const BIG = '{"id":7}\n{"id":8,"user":{"ids":[1,-12345678901234567890]}}\n9007199254740993\n';

describe('integers beyond 2^53', () => {
  it('cause one warning for a JavaScript model, with their number, the first one, and the remedy', async () => {
    const { lines, notices } = await read(BIG, { forJavaScript: true });
    expect(lines).toEqual(BIG.trim().split('\n'));
    expect(notices).toEqual([
      {
        level: 'warning',
        code: 'big-integers',
        message:
          '2 integers of the dataset d.jsonl are beyond 2^53. JavaScript cannot hold such integers exactly, so the model gets rounded numbers. ' +
          'The first is in line 2, field user.ids[1]: -12345678901234567890 becomes -12345678901234567168. ' +
          'To give them to the model as strings: --big-integers string',
      },
    ]);
  });

  it('cause no warning for other models, nor beyond the limit of items', async () => {
    expect((await read(BIG)).notices).toEqual([]);
    expect((await read(BIG, { forJavaScript: true, limit: 1 })).notices).toEqual([]);
  });

  it('become strings on request, and nothing else changes', async () => {
    const { lines, notices } = await read(BIG, { bigIntegers: 'string' });
    expect(lines).toEqual(['{"id":7}', '{"id":8,"user":{"ids":[1,"-12345678901234567890"]}}', '"9007199254740993"']);
    expect(notices).toMatchObject([
      { level: 'info', message: expect.stringMatching(/^The model gets 2 integers .* as strings/) as string },
    ]);
  });

  it.each([
    ['9007199254740991', 0],
    ['9007199254740992', 1],
    ['-9007199254740992', 1],
    ['1234567890123456.5', 0],
    ['0.12345678901234567890', 0],
    ['12345678901234567890e2', 0],
    ['"12345678901234567890"', 0],
    ['{"12345678901234567890":"\\\\\\" 12345678901234567890"}', 0],
    ['[ 12345678901234567890,\t12345678901234567890]', 2],
    ['{"\\"":1,"__proto__" :\t12345678901234567890}', 1],
    [`1${'0'.repeat(400)}`, 1],
  ])('%s contains %i of them', (text, count) => {
    JSON.parse(text);
    const scan = new BigIntegerScan();
    lookAt(text, scan);
    expect(scan.count).toBe(count);
    const notice = bigIntegerNotice('d', scan, 'keep');
    expect(notice === undefined).toBe(count === 0);
    expect(notice?.message.length ?? 0).toBeLessThan(600);
  });

  it('are found anywhere in any JSON, and writing them as strings changes nothing else', () => {
    const big = fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }).filter((n) => !Number.isSafeInteger(Number(n)));
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        // A double of 2^53 and more is written as digits only, so unmarked numbers of that size are excluded.
        fc.json({ maxDepth: 0 }).filter((text) => !/\d{16}/.test(text)),
        fc.string({ unit: 'grapheme' }).map((text) => JSON.stringify(text)),
        big.map((n) => `BIG${n}`),
        fc.array(tie('tree').map(String), { maxLength: 4 }).map((parts) => `[${parts.join(' , ')}]`),
        fc
          .array(fc.tuple(fc.string(), tie('tree').map(String)), { maxLength: 4 })
          .map((pairs) => `{${pairs.map(([key, value]) => `${JSON.stringify(key)}: ${value}`).join(',')}}`),
      ),
    }));
    fc.assert(
      fc.property(tree, (template) => {
        const marked = String(template);
        fc.pre(!/"[^"]*BIG/.test(marked.replaceAll(/BIG-?\d+/g, '')));
        const text = marked.replaceAll(/BIG(-?\d+)/g, '$1');
        const scan = new BigIntegerScan();
        expect(lookAt(text, scan)).toBe(marked.replaceAll(/BIG(-?\d+)/g, '"$1"'));
        expect(scan.count).toBe([...marked.matchAll(/BIG/g)].length);
      }),
    );
  });
});
