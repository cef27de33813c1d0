/** Tests datasets of many files: globs, folders, prefixes, their order, and what is refused. */
import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Reservoir } from '../../../core/dataset/reservoir.js';
import { ObjectChanged } from '../../../core/contract/object-store.js';
import { checkLocalDataset, type Dataset, type DatasetRequest, openDataset } from '../../../runner/dataset/dataset.js';
import type { SourceObjects } from '../../../runner/dataset/ports.js';
import { compareBytes, misorderedNumbers } from '../../../runner/dataset/sources/names.js';
import { UserError } from '../../../runner/errors.js';
import { CLAIM, META } from './own-results.js';
import { chunksOf, itemsOf } from './reading.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'spotpool-sources-'));
});
afterEach(() => rm(directory, { recursive: true }));

const { signal } = new AbortController();
const objects = new Map<string, Buffer>();
let replaced: string | undefined;
const bucket: SourceObjects = {
  head: async (_bucket, key) => {
    const body = objects.get(key);
    return body && { key, size: body.length, etag: '"1"' };
  },
  async *stream(_bucket, key, _signal, part = {}) {
    if (part.ifMatch !== undefined && replaced === key) throw new ObjectChanged(key);
    yield* chunksOf(objects.get(key) ?? Buffer.alloc(0), 5);
  },
  async *list(_bucket, prefix) {
    for (const key of [...objects.keys()].sort(compareBytes)) {
      if (key.startsWith(prefix)) yield { key, size: objects.get(key)?.length ?? 0, etag: '"1"' };
    }
  },
};
afterEach(() => {
  objects.clear();
  replaced = undefined;
});

type Options = Omit<DatasetRequest, 'arguments' | 'cwd'>;

const open = (argument: string | readonly string[], options: Options = {}): Promise<Dataset> =>
  openDataset({ arguments: [argument].flat(), cwd: directory, ...options }, bucket, signal);

async function write(files: Readonly<Record<string, string | Buffer>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(directory, name)), { recursive: true });
    await writeFile(path.join(directory, name), content);
  }
}

async function read(argument: string | readonly string[], options: Options = {}) {
  const notices: string[] = [];
  const dataset = await open(argument, options);
  const items = await itemsOf(dataset.read(signal, { notify: ({ message }) => notices.push(message) }));
  return { items, notices: notices.join('\n'), lines: dataset.sources?.lines() ?? [] };
}

async function refusal(argument: string | readonly string[], options: Options = {}): Promise<string> {
  const error: unknown = await read(argument, options).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UserError);
  return (error as UserError).message;
}

const line = (value: unknown): string => `${JSON.stringify(value)}\n`;

describe('the rows of several files', () => {
  it('are one dataset in the byte order of the names, however the files are named', async () => {
    await write({
      'data/b.jsonl': line(2),
      'data/a.jsonl.gz': gzipSync(line(1)),
      'data/deep/c.jsonl': line(3),
      'data/\u{1f600}.jsonl': line(5),
      'data/\uff5e.jsonl': line(4),
    });
    const all = [1, 2, 3, 4, 5];
    expect((await read('data')).items).toEqual(all);
    expect((await read('data/')).items).toEqual(all);
    expect((await read('data/**/*.jsonl*')).items).toEqual(all);
    expect((await read('data/*.jsonl')).items).toEqual([2, 4, 5]);
    expect((await read(['data/b.jsonl', 'data/a.jsonl.gz'])).items).toEqual([1, 2]);
    expect((await read(['data/deep', 'data/b.jsonl'])).items).toEqual([2, 3]);
    expect((await read('data/{a,b}.jsonl*')).items).toEqual([1, 2]);
  });

  it('say which file and record each item is from', async () => {
    await write({ 'a.csv': 'x\n1\n\n2\n', 'b.csv': 'x\n', 'c.csv': 'x\n3\n' });
    const { lines } = await read('*.csv');
    expect(lines).toEqual([
      { file: 'a.csv', first: 0, items: 2, size: 7 },
      { file: 'c.csv', first: 2, items: 1, size: 4 },
    ]);
  });

  it('may have any names', async () => {
    const names = ['a b', 'a+b', 'a%20b', 'a\nb', 'a"b', "a'b", 'a\u00e9', 'ae\u0301', '(1)', 'x[1]', '\u65e5'];
    await write(Object.fromEntries(names.map((name) => [`d/${name}.jsonl`, line(name)])));
    const sorted = [...names].sort(compareBytes);
    expect((await read('d')).items).toEqual(sorted);
    for (const name of names) expect((await read(`d/${name}.jsonl`)).items).toEqual([name]);
    expect((await read(names.map((name) => `d/${name}.jsonl`))).items).toEqual(sorted);
  });

  it('are limited as one dataset, and opened no further', async () => {
    await write({ 'a.txt': '1\n2\n', 'b.txt': '3\n4\n', 'c.jsonl': '{' });
    const { items, lines } = await read(['a.txt', 'b.txt'], { limit: 3 });
    expect(items).toEqual(['1', '2', '3']);
    expect(lines.map(({ file, items: count }) => [file, count])).toEqual([
      ['a.txt', 2],
      ['b.txt', 1],
    ]);
  });

  it('tell when numbers of different length make another order', async () => {
    await write({ 'part-10.jsonl': line(10), 'part-2.jsonl': line(2) });
    const { items, notices } = await read('part-*.jsonl');
    expect(items).toEqual([10, 2]);
    expect(notices).toContain('part-10.jsonl comes before part-2.jsonl');
    expect(misorderedNumbers(['part-02', 'part-10'])).toBeUndefined();
  });

  it('leave out hidden files, marks of programs, and texts about the data', async () => {
    const others = {
      'd/_SUCCESS': '',
      'd/.a.crc': 'x',
      'd/_metadata': 'x',
      'd/README.md': 'x',
      'd/_temporary/b.csv': 'y\n1\n',
    };
    await write({ 'd/a.csv': 'x\n1\n', 'd/year=2020/b.csv': 'x\n2\n', ...others });
    const { items, notices } = await read('d');
    expect(items).toEqual([{ x: '1' }, { x: '2' }]);
    expect(notices).toContain('d/README.md is a text about the data');
    await write({ 'e/_a.csv': 'x\n1\n', 'e/b.csv': 'x\n2\n' });
    expect((await read('e')).notices).toContain(
      '1 file of the dataset e has a name that begins with _ and is left out (the first is e/_a.csv)',
    );
    expect((await read('e/_*.csv')).items).toEqual([{ x: '1' }]);
  });

  it('read the parts of results whose manifest is there, without a word about the files beside them', async () => {
    await write({ 'r/_spotpool.json': '{}', 'r/_manifest.json': '{}', 'r/part-00000.jsonl': line({ index: 0 }) });
    expect(await read('r')).toMatchObject({ items: [{ index: 0 }], notices: '' });
  });

  it('may have columns in another order, and some files without rows', async () => {
    await write({ 'a.csv': 'x,y\n1,2\n', 'b.csv': '', 'c.csv': 'y,x\n4,3\n', 'd.csv': 'x,y\n' });
    expect((await read('*.csv')).items).toEqual([
      { x: '1', y: '2' },
      { y: '4', x: '3' },
    ]);
  });

  it('may have blank files among them and before them, which show no format', async () => {
    await write({ 'd/0.json': '', 'd/1.json': ' \n', 'd/2.json': line({ a: 1 }) + line({ a: 2 }), 'd/3.json': '' });
    await write({ 'e/part-0': '', 'e/part-1': line({ a: 3 }) + line({ a: 4 }) });
    const wanted = [{ a: 1 }, { a: 2 }];
    expect((await read('d')).items).toEqual(wanted);
    expect((await read('d/*.json')).items).toEqual(wanted);
    expect((await read('d/2.json')).items).toEqual(wanted);
    expect((await read(['d/0.json', 'd/2.json', 'd/3.json'])).items).toEqual(wanted);
    expect((await read('e')).items).toEqual([{ a: 3 }, { a: 4 }]);
    expect((await read('d/0.json')).items).toEqual([]);
    await write({ 'f/0.json': '', 'f/1.json': '[1,2]' });
    expect((await read('f', { format: 'json' })).items).toEqual([1, 2]);
  });
});

describe('results of earlier jobs beside the data', () => {
  const lake = {
    'lake/a.jsonl': line(1),
    'lake/lake.results.jsonl': line('result'),
    'lake/lake.results.jsonl.meta.json': META,
    'lake/out/_spotpool.json': CLAIM,
    'lake/out/part-00000.jsonl': line('part'),
  };

  it('are left out, and a line says so', async () => {
    await write(lake);
    const files = Object.keys(lake).filter((name) => name.startsWith('lake/') && !name.includes('/out/'));
    for (const args of [['lake'], ['lake/**/*.jsonl'], files]) {
      const { items, notices } = await read(args);
      expect(items).toEqual([1]);
      expect(notices).toMatch(/^lake\/lake\.results\.jsonl (has|and 1 other file have) results of earlier jobs, and /);
    }
  });

  it('are data when they are given without other files', async () => {
    await write(lake);
    expect((await read('lake/lake.results.jsonl')).items).toEqual(['result']);
    expect((await read('lake/*.results.jsonl')).items).toEqual(['result']);
    expect((await read('lake/out')).items).toEqual(['part']);
    expect((await read(['lake/out', 'lake/lake.results.jsonl'])).items).toEqual(['result', 'part']);
  });

  it('are only what spotpool itself wrote', async () => {
    await write({ 'd/a.jsonl': line(1), 'd/a.jsonl.meta.json': '{"job":"x"}' });
    expect((await read('d/*.jsonl')).items).toEqual([1]);
  });

  it('will be told when the results go among the data', async () => {
    await write({ 'd/a.jsonl': line(1) });
    const outputs = [path.join(directory, 'd/sub/r.jsonl')];
    const told = /^The results will be among the files of the dataset \S+ \(sub\/r\.jsonl\)/;
    expect((await read('d', { folder: { outputs } })).notices).toMatch(told);
    expect((await read('d/**/*.jsonl', { folder: { outputs } })).notices).toMatch(told);
    expect((await read('d/*.jsonl', { folder: { outputs } })).notices).toBe('');
    expect((await read('d', { folder: { outputs: [path.join(directory, 'r.jsonl')] } })).notices).toBe('');
  });
});

describe('a dataset of files is refused', () => {
  it.each<[string, Readonly<Record<string, string>>, string | readonly string[], RegExp]>([
    [
      'a glob without a match',
      { 'a.csv': 'x\n' },
      '*.jsonl',
      /^No file matches the dataset \*\.jsonl \(in the folder /,
    ],
    ['a glob below a folder that is not there', {}, 'no/*.csv', /because there is no folder .*no/],
    ['a file that is not there', {}, 'a (1).csv', /does not exist/],
    [
      'two formats',
      { 'a.csv': 'x\n1\n', 'b.jsonl': '1\n' },
      ['a.csv', 'b.jsonl'],
      /a\.csv is CSV and b\.jsonl is JSON Lines/,
    ],
    [
      'other columns',
      { 'a.csv': 'x,y\n1,2\n', 'b.csv': 'x,z\n1,2\n' },
      '*.csv',
      /b\.csv differs from a\.csv: it lacks the column "y" and also has the column "z"/,
    ],
    [
      'a mixture',
      { 'd/a.csv': 'x\n1\n', 'd/b.jpg': 'x' },
      'd',
      /mixes files of records \(d\/a\.csv\) with other files \(d\/b\.jpg\)\. .*'d\/\*\*\/\*\.csv'.*--format files/,
    ],
    [
      'parts of results without their manifest',
      { 'd/r/_spotpool.json': '{}', 'd/r/part-00000.csv': 'x\n1\n', 'd/_manifest.json': '{}' },
      'd',
      /d holds results that are not whole, because d\/r\/ has no _manifest\.json\. .*'d\/r\/part-\*'/,
    ],
    ['a file given twice', { 'a.csv': 'x\n1\n' }, ['a.csv', './a.csv'], /a\.csv.* given twice/],
    ['a file and its folder', { 'd/a.csv': 'x\n1\n' }, ['d', 'd/a.csv'], /given twice/],
    ['one object as an item', {}, 's3://b/a.csv', /--format files needs files, .*s3:\/\/b\/a\.csv is one object/],
  ])('%s', async (what, files, argument, message) => {
    await write(files);
    expect(await refusal(argument, what.startsWith('one object') ? { format: 'files' } : {})).toMatch(message);
  });

  it.each([
    ['leads nowhere', 'gone.csv', /The link d\/link\.csv leads nowhere/],
    ['leads in a circle', 'link.csv', /The link d\/link\.csv leads in a circle/],
    ['leads to a folder above it', '..', /The link d\/link\.csv leads to a folder above it|leads to a folder above/],
  ])('a link that %s', async (_what, target, message) => {
    await write({ 'd/a.csv': 'x\n1\n' });
    await symlink(target === '..' ? '../d' : target, path.join(directory, 'd', 'link.csv'));
    expect(await refusal('d')).toMatch(message);
  });

  it('a file and a link to it', async () => {
    await write({ 'd/a.csv': 'x\n1\n' });
    await symlink('d', path.join(directory, 'e'));
    await symlink('a.csv', path.join(directory, 'd', 'b.csv'));
    expect(await refusal(['d/a.csv', 'd/b.csv'])).toMatch(/^d\/a\.csv and d\/b\.csv are the same file, .*given twice/);
    expect(await refusal(['d/a.csv', 'e/a.csv'])).toMatch(/given twice/);
    expect(await refusal(['d/a.csv', 'e/*.csv'])).toMatch(/given twice/);
  });

  it('a pipe among the files of a folder', async () => {
    await write({ 'd/a.csv': 'x\n1\n' });
    execFileSync('mkfifo', [path.join(directory, 'd', 'b.csv')]);
    expect(await refusal('d')).toMatch(/d\/b\.csv is not a regular file/);
  });

  const column = (data: unknown[], type: 'INT64' | 'STRING'): Buffer =>
    Buffer.from(parquetWriteBuffer({ columnData: [{ name: 'n', data, type }] }));

  it.each<[string, Readonly<Record<string, string | Buffer>>, RegExp, Options?]>([
    [
      'with content that its name denies',
      { 'd/b.csv': line({ a: 1 }).repeat(2) },
      /d\/b\.csv has the name of CSV, but its lines are JSON objects/,
    ],
    ['of another format', { 'd/b.jsonl': line(1) }, /d\/a\.csv is CSV and d\/b\.jsonl is JSON Lines/],
    ['with other columns', { 'd/b.csv': 'y\n1\n' }, /d\/b\.csv differs from d\/a\.csv: it lacks the column "x"/],
    ['with a header that cannot be read', { 'd/b.csv.gz': gzipSync('x,x\n1,2\n') }, /names the column "x" twice/],
    [
      'with another type of a column',
      { 'd/b.parquet': column([1n], 'INT64'), 'd/c.parquet': column(['1'], 'STRING') },
      /The column "n" has the type integer in d\/b\.parquet, and string in d\/c\.parquet/,
    ],
    ['that has no columns to choose', {}, /--columns applies to Parquet/, { columns: ['x'] }],
  ])('a file %s, among many, before anything is sent', async (_what, files, message, options = {}) => {
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`d/n${n}.csv`, 'x\n1\n']));
    await write('d/b.parquet' in files ? {} : { 'd/a.csv': 'x\n1\n', ...many });
    await write(files);
    const check = checkLocalDataset({ arguments: ['d'], cwd: directory, ...options }, signal);
    await expect(check).rejects.toThrow(message);
  });

  it('unless it has only another order of the columns, or nothing in it', async () => {
    await write({ 'd/a.csv': 'x,y\n1,2\n', 'd/b.csv': '', 'd/c.csv': 'y,x\n4,3\n' });
    await checkLocalDataset({ arguments: ['d'], cwd: directory }, signal);
  });

  it('files that do not belong together, before anything is read', async () => {
    await write({ 'd/a.csv': 'x\n1\n', 'd/b.csv': 'y\n1\n', 'e/a.csv': 'x\n1\n', 'e/b.jsonl': line(1) });
    const check = (argument: string) => checkLocalDataset({ arguments: [argument], cwd: directory }, signal);
    await expect(check('d')).rejects.toThrow(/d\/b\.csv differs from d\/a\.csv: it lacks the column "x"/);
    await expect(check('e')).rejects.toThrow(/e\/a\.csv is CSV and e\/b\.jsonl is JSON Lines/);
    await cp(
      path.join(import.meta.dirname, 'parquet/fixtures/small_zstd.parquet'),
      path.join(directory, 'f/a.parquet'),
    );
    await cp(path.join(import.meta.dirname, 'parquet/fixtures/types.parquet'), path.join(directory, 'f/b.parquet'));
    await expect(check('f')).rejects.toThrow(
      /The Parquet file f\/a\.parquet has a column .*, and f\/b\.parquet has none/,
    );
  });
});

it('a folder whose files are items by --format files is walked by the rules of such folders alone', async () => {
  await write({ 'd/a.jpg': 'x', 'd/.spotpoolignore': 'out\n', 'elsewhere/b.jpg': 'x' });
  await writeFile(Buffer.concat([Buffer.from(path.join(directory, 'elsewhere/')), Buffer.from([0xff])]), 'x');
  await symlink('../elsewhere', path.join(directory, 'd', 'out'));
  const dataset = await open('d', { format: 'files' });
  await dataset.check(signal);
  expect(dataset.kind).toBe('objects');
});

describe('objects in S3', () => {
  const put = (files: Readonly<Record<string, string | Buffer>>): void => {
    for (const [key, body] of Object.entries(files)) objects.set(key, Buffer.from(body));
  };

  it('are rows when their names are those of records', async () => {
    put({ 'p/': '', 'p/_SUCCESS': '', 'p/b.csv': 'x\n2\n', 'p/a.csv.gz': gzipSync('x\n1\n'), 'q/c.csv': 'x\n3\n' });
    const { items, lines } = await read('s3://b/p/');
    expect(items).toEqual([{ x: '1' }, { x: '2' }]);
    expect(lines[1]).toEqual({ file: 's3://b/p/b.csv', first: 1, items: 1, size: 4, etag: '"1"' });
    expect((await read('s3://b/*/*.csv')).items).toEqual([{ x: '2' }, { x: '3' }]);
    expect((await read('s3://b/q/c.csv')).items).toEqual([{ x: '3' }]);
  });

  it('that are parts of results are refused without their manifest, and read by a glob', async () => {
    put({ 'p/_spotpool.json': '{}', 'p/part-00000.csv': 'x\n1\n' });
    expect(await refusal('s3://b/p/')).toMatch(/s3:\/\/b\/p\/ has no _manifest\.json/);
    expect((await read('s3://b/p/part-*')).items).toEqual([{ x: '1' }]);
  });

  it('are rows without a telling name when the first one is', async () => {
    put({ 'p/part-0': line({ a: 1 }) + line({ a: 2 }), 'p/part-1': line({ a: 3 }) });
    expect((await read('s3://b/p/')).items).toEqual([{ a: 1 }, { a: 2 }, { a: 3 }]);
  });

  it('are rows when the first ones are blank', async () => {
    put({ 'p/part-0.json': '', 'p/part-1.json': line({ a: 1 }) + line({ a: 2 }) });
    expect((await read('s3://b/p/')).items).toEqual([{ a: 1 }, { a: 2 }]);
  });

  it('are items otherwise, and always with --format files', async () => {
    put({ 'p/a.jpg': 'x', 'p/b.json': '{}', 'r/a.csv': 'x\n' });
    expect((await open('s3://b/p/')).kind).toBe('objects');
    expect((await read('s3://b/p/*.jpg')).items).toEqual([{ bucket: 'b', key: 'p/a.jpg', size: 1, name: 'a.jpg' }]);
    expect((await open('s3://b/r/', { format: 'files' })).kind).toBe('objects');
  });

  it('may have a wildcard in their name', async () => {
    put({ 'p/[a]*.csv': 'x\n1\n', 'p/ab.csv': 'x\n2\n' });
    expect((await read('s3://b/p/[a]*.csv')).items).toEqual([{ x: '1' }]);
  });

  it('that are a mixture, or replaced while they are read, are refused', async () => {
    put({ 'p/a.csv': 'x\n1\n', 'p/b.jpg': 'x' });
    expect(await refusal('s3://b/p/')).toMatch(
      /mixes files of records \(s3:\/\/b\/p\/a\.csv\) .*'s3:\/\/b\/p\/\*\*\/\*\.csv'/,
    );
    replaced = 'p/a.csv';
    expect(await refusal('s3://b/p/a.csv')).toMatch(/s3:\/\/b\/p\/a\.csv was replaced while it was read/);
    expect(await refusal('s3://b/none.csv')).toMatch(/s3:\/\/b\/none\.csv does not exist/);
  });
});

describe('a sample of a dataset', () => {
  const rows = (n: number): string => Array.from({ length: n }, (_, i) => line(i)).join('');

  it('is the same with the same seed, in the order of the dataset, with the records of its items', async () => {
    await write({ 'a.jsonl': rows(500), 'b.jsonl': rows(500) });
    const sample = { items: 50, seed: 7 };
    const { items, lines, notices } = await read('*.jsonl', { sample });
    expect(items).toHaveLength(50);
    expect((await read('*.jsonl', { sample })).items).toEqual(items);
    expect((await read('*.jsonl', { sample: { items: 50, seed: 8 } })).items).not.toEqual(items);
    const expected = lines.flatMap(({ rows: numbers = [] }) => numbers.map((row) => row - 1));
    expect(items).toEqual(expected);
    expect(lines.map(({ file }) => file)).toEqual(['a.jsonl', 'b.jsonl']);
    expect(notices).toContain('--sample 50 --seed 7');
  });

  it('is the whole of a smaller dataset, and excludes --limit', async () => {
    await write({ 'a.jsonl': rows(3) });
    expect((await read('a.jsonl', { sample: { items: 10, seed: 1 } })).items).toEqual([0, 1, 2]);
    expect(await refusal('a.jsonl', { sample: { items: 1 }, limit: 1 })).toMatch(/--sample and --limit both/);
  });

  it('has every item as often as any other', () => {
    const [items, wanted, runs] = [40, 10, 4_000];
    const counts = Array.from({ length: items }, () => 0);
    for (let seed = 0; seed < runs; seed++) {
      const reservoir = new Reservoir(wanted, seed);
      const chosen: number[] = [];
      for (let item = 0; item < items; item++) {
        const place = reservoir.next();
        if (place !== undefined) chosen[place] = item;
      }
      for (const item of chosen) counts[item] = (counts[item] ?? 0) + 1;
    }
    // The mean is 1,000 and the deviation 27. Five of them are beyond chance.
    for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(140);
  });
});

it('names are compared as their bytes are', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
      expect(Math.sign(compareBytes(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
});
