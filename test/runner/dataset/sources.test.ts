/** Tests datasets of many files: globs, folders, their order, and what is refused. */
import { execFileSync } from 'node:child_process';
import { cp, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { checkLocalDataset } from '../../../runner/dataset/dataset.js';
import { FileUploads } from '../../../runner/dataset/files/file-uploads.js';
import type { DatasetNotice } from '../../../runner/dataset/notice.js';
import { compareBytes, misorderedNumbers } from '../../../runner/dataset/sources/names.js';
import { CLAIM, META, PARTIAL_MANIFEST } from './own-results.js';
import { directory, line, open, type Options, read, refusal, signal, write, useFolderAndBucket } from './many-files.js';

useFolderAndBucket();

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

it('a folder of JSON files of a line each is a folder of items, and a line says so', async () => {
  await write({ 'd/a.json': line({ a: 1 }), 'd/b.json': line({ a: 2 }) });
  const dataset = await open('d');
  expect(dataset.kind).toBe('objects');
  const notices: string[] = [];
  const hooks = { notify: ({ message }: DatasetNotice) => void notices.push(message), files: new FileUploads('b') };
  for await (const _ of dataset.read(signal, hooks));
  expect(notices).toEqual([
    'Each file of the dataset is one item, because d/a.json is a single line of JSON. To make each line of the files an item: --format jsonl.',
  ]);
  expect((await read('d', { format: 'jsonl' })).items).toEqual([{ a: 1 }, { a: 2 }]);
});

it('the check of many files tells how far it is', async () => {
  await write({ 'd/a.jsonl': line(1), 'd/b.jsonl': line(2), 'd/c.jsonl': line(3) });
  const told: unknown[] = [];
  const request = { arguments: ['d'], cwd: directory };
  await checkLocalDataset(request, signal, (files, total) => told.push([files, total]));
  expect(told).toEqual([
    [1, 3],
    [2, 3],
    [3, 3],
  ]);
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

  it('are left out with what a killed command left of them', async () => {
    await write({ 'd/a.jsonl': line(1), 'd/r.jsonl.0a1b2c3d.partial': line(2) });
    expect((await read('d')).items).toEqual([1]);
    await write({ 'e/a.jpg': 'x', 'e/r.jsonl.0a1b2c3d.partial': line(2), 'e/_spotpool.json': CLAIM });
    await write({ 'e/_manifest.json': '{}', 'e/part-00000.jsonl': line(3) });
    const names: unknown[] = [];
    for await (const { bytes } of (await open('e', { format: 'files' })).read(signal, {
      files: new FileUploads('b'),
    }))
      for (const text of bytes.toString().trimEnd().split('\n'))
        names.push((JSON.parse(text) as { name: string }).name);
    expect(names).toEqual(['a.jpg']);
  });

  it('are data when they are given without other files', async () => {
    await write({ ...lake, 'lake/out/_manifest.json': '{}' });
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
    [
      'parts of results of which items are missing',
      { 'd/_spotpool.json': CLAIM, 'd/_manifest.json': PARTIAL_MANIFEST, 'd/part-00000.csv': 'x\n1\n' },
      'd',
      /d\/_manifest\.json says that items of job earlier-job are missing.*'d\/part-\*'/,
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
