/** Tests datasets of many objects in S3, and samples of datasets. */
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Reservoir } from '../../../core/dataset/reservoir.js';
import { compareBytes } from '../../../runner/dataset/sources/names.js';
import { CLAIM, PARTIAL_MANIFEST } from './own-results.js';
import { line, objects, open, read, refusal, replace, write, useFolderAndBucket } from './many-files.js';

useFolderAndBucket();

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

  it('that are partial results are refused, and read by a glob', async () => {
    put({ 'p/_spotpool.json': CLAIM, 'p/_manifest.json': PARTIAL_MANIFEST, 'p/part-00000.csv': 'x\n1\n' });
    expect(await refusal('s3://b/p/')).toMatch(/p\/_manifest\.json says that items of job earlier-job are missing/);
    expect((await read('s3://b/p/part-*')).items).toEqual([{ x: '1' }]);
  });

  it('that are results of earlier jobs are left out beside data, and are data alone', async () => {
    put({ 'p/a.csv': 'x\n1\n', 'p/z/_spotpool.json': CLAIM, 'p/z/part-00000.csv': 'x\n2\n' });
    for (const argument of ['s3://b/p/', 's3://b/p/**/*.csv']) {
      const { items, notices } = await read(argument);
      expect(items).toEqual([{ x: '1' }]);
      expect(notices).toMatch(/^s3:\/\/b\/p\/z\/part-00000\.csv has results of earlier jobs, and is left out/);
    }
    put({ 'p/z/_manifest.json': '{}' });
    expect((await read('s3://b/p/z/')).items).toEqual([{ x: '2' }]);
  });

  it('that are results of earlier jobs are no items', async () => {
    put({ 'p/a.jpg': 'x', 'p/z/_manifest.json': PARTIAL_MANIFEST, 'p/z/_spotpool.json': CLAIM });
    put({ 'p/z/part-00000.csv': 'x\n2\n', 'p/z/part-of-a-photo.jpg': 'x' });
    const keys = (await read('s3://b/p/', { format: 'files' })).items.map((item) => (item as { key: string }).key);
    expect(keys).toEqual(['p/a.jpg', 'p/z/part-of-a-photo.jpg']);
    expect((await open('s3://b/p/')).kind).toBe('objects');
  });

  it('may have a wildcard in their name behind a backslash, beside one that means others', async () => {
    put({ 'p/data[1].csv': 'x\n1\n', 'p/data1.csv': 'x\n2\n', 'q[1]/a.csv': 'x\n3\n', 'q1/a.csv': 'x\n4\n' });
    expect((await read(String.raw`s3://b/p/data\[1\].csv`)).items).toEqual([{ x: '1' }]);
    expect((await read(String.raw`s3://b/q\[1\]/*.csv`)).items).toEqual([{ x: '3' }]);
    expect((await read('s3://b/p/data[1].csv')).items).toEqual([{ x: '1' }]);
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
    replace('p/a.csv');
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
