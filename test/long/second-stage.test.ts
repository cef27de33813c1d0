/** A second job reads what the first one wrote as Parquet. Its items, ids and kept fields are those of the first job's results, exactly. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Lab } from '../support/lab.js';

const ITEMS = 400;
const WAIT_MS = 120_000;

/** Ids that a careless reader changes: digits, leading zeros, escapes, texts of other languages. */
const idOf = (n: number): string => [`${n}`, `00${n}`, `"${n}"\\`, `é\u{1f600}${n}`][n % 4] ?? '';
const isBad = (n: number): boolean => n % 50 === 7;

const FIRST = `
  export const predict = (items) => items.map(({ n, bad }) =>
    bad ? new Error('bad item') : { n, half: n / 2, tags: n % 3 === 0 ? [] : ['a' + n, 'b'], ...(n % 2 === 0 ? { even: { n } } : {}) });`;

/** The second model says what it got, with the names and order of the item's keys. */
const SECOND = `export const predict = (items) => items.map((item) => JSON.stringify(item));`;

let lab: Lab;
beforeEach(async () => {
  lab = await Lab.start({ maxWorkers: 2 });
});
afterEach(() => lab.close());

const linesOf = async (file: string): Promise<Record<string, unknown>[]> =>
  (await readFile(path.join(lab.directory, file), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const run = async (...args: readonly string[]): Promise<void> => {
  const result = await lab.cli(['run', ...args]);
  expect(result.code, result.stderr).toBe(0);
};

it(
  'a second stage gets the results of the first from a folder of Parquet, and gives its own back under the same ids',
  { timeout: 2 * WAIT_MS },
  async () => {
    const items = Array.from({ length: ITEMS }, (_, n) => ({ key: idOf(n), n, bad: isBad(n), meta: { shop: n % 5 } }));
    await lab.file('items.jsonl', items.map((item) => `${JSON.stringify(item)}\n`).join(''));
    await lab.file('first.mjs', FIRST);
    await lab.file('second.mjs', SECOND);

    const first = ['items.jsonl', '--model', './first.mjs', '--id', 'first', '--batch-size', '30'];
    await run(...first, '--id-field', 'key', '--keep', 'meta.shop', '--out', 'lake/', '--out-format', 'parquet');
    expect(await readdir(path.join(lab.directory, 'lake'))).toContain('_manifest.json');
    const second = ['lake/', '--model', './second.mjs', '--id', 'second', '--batch-size', '70'];
    await run(...second, '--id-field', 'id', '--keep', 'kept.meta.shop', '--out', 'second.jsonl');

    const results = await linesOf('second.jsonl');
    expect(results.map(({ output, ...rest }) => ({ ...rest, output: JSON.parse(String(output)) as unknown }))).toEqual(
      items.map(({ key, n, bad, meta }, index) => ({
        index,
        id: key,
        ok: true,
        kept: { 'kept.meta.shop': meta.shop },
        output: {
          index,
          id: key,
          ok: !bad,
          output: bad
            ? null
            : { n, half: n / 2, tags: n % 3 === 0 ? [] : [`a${n}`, 'b'], even: n % 2 === 0 ? { n } : null },
          error: bad ? { code: 'ModelError', message: 'bad item' } : null,
          kept: { 'meta.shop': meta.shop },
        },
      })),
    );

    // Chosen rows and chosen columns give the same ids, and only the items that are ok.
    const only = await lab.cli(['results', 'first', '--only', 'ok', '--out', 'ok.parquet']);
    expect(only.code, only.stderr).toBe(0);
    const third = ['ok.parquet', '--model', './second.mjs', '--id', 'third', '--columns', 'id,output.n'];
    await run(...third, '--id-field', 'id', '--out', 'third.jsonl');
    expect(await linesOf('third.jsonl')).toEqual(
      items
        .filter(({ bad }) => !bad)
        .map(({ key, n }, index) => ({
          index,
          id: key,
          ok: true,
          output: JSON.stringify({ id: key, output: { n } }),
        })),
    );
  },
);
