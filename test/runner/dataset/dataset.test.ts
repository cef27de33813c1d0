import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDataset } from '../../../runner/dataset/dataset.js';
import type { SourceObjects } from '../../../runner/dataset/ports.js';
import { UserError } from '../../../runner/errors.js';
import { chunksOf, itemsOf } from './reading.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'spotpool-dataset-'));
});
afterEach(() => rm(directory, { recursive: true }));

const objects: Readonly<Record<string, Buffer>> = {
  'in/': Buffer.alloc(0),
  'in/a.png': Buffer.alloc(3),
  'in/b.png': Buffer.alloc(5),
  'list.txt.gz': gzipSync('x\ny\n'),
};
const sources: SourceObjects = {
  stream: (_bucket, key) => chunksOf(objects[key] ?? Buffer.alloc(0), 4),
  head: async (_bucket, key) => {
    const body = objects[key];
    return body && { key, size: body.length, etag: '"e"' };
  },
  async *list(_bucket, prefix) {
    for (const [key, { length }] of Object.entries(objects)) {
      if (key.startsWith(prefix)) yield { key, size: length, etag: '"e"' };
    }
  },
};

const { signal } = new AbortController();
const open = (argument: string, options = {}): ReturnType<typeof openDataset> =>
  openDataset({ arguments: [argument], cwd: directory, ...options }, sources, signal);
const read = async (argument: string, options = {}): Promise<unknown[]> =>
  itemsOf((await open(argument, options)).read(signal));

describe('a dataset', () => {
  it.each([
    ['a.jsonl', '{"x":1}\n', { x: 1 }],
    ['a.csv', 'x\n1\n', { x: '1' }],
    ['a.txt', '{"x":1}\n', '{"x":1}'],
  ])('is read by its file extension: %s, plain and compressed', async (name, content, item) => {
    await writeFile(path.join(directory, name), content);
    await writeFile(path.join(directory, `${name}.gz`), gzipSync(content));
    expect(await read(name)).toEqual([item]);
    expect(await read(`${name}.gz`)).toEqual([item]);
  });

  it('may be limited to its first items, and read again', async () => {
    await writeFile(path.join(directory, 'a.txt'), 'a\nb\nc\n');
    const dataset = await open('a.txt', { limit: 2 });
    expect(await itemsOf(dataset.read(signal))).toEqual(['a', 'b']);
    expect(await itemsOf(dataset.read(signal))).toEqual(['a', 'b']);
  });

  it('may be an object, or all objects below a prefix, of any bucket', async () => {
    expect(await read('s3://other/list.txt.gz')).toEqual(['x', 'y']);
    expect((await open('s3://other/in/')).kind).toBe('objects');
    expect(await read('s3://other/in/')).toEqual([
      { bucket: 'other', key: 'in/a.png', size: 3, name: 'a.png' },
      { bucket: 'other', key: 'in/b.png', size: 5, name: 'b.png' },
    ]);
  });

  it('weighs objects by their own size', async () => {
    for await (const group of (await open('s3://other/in/')).read(signal)) expect(group.weights).toEqual([3, 5]);
  });

  it.each([
    ['missing.jsonl', /does not exist \(no file .*missing\.jsonl\)/],
    ['s3://bucket', /Write s3:\/\/bucket\/file/],
    ['s3://bucket/all.avro', /is Avro, .* If only the name is wrong, state the format with --format \(jsonl/],
  ])('is refused with what to do: %s', async (argument, message) => {
    await expect(open(argument)).rejects.toThrow(message);
    await expect(open(argument)).rejects.toThrow(UserError);
  });

  it('that is truncated is refused with its name', async () => {
    const whole = gzipSync('line\n'.repeat(10_000));
    await writeFile(path.join(directory, 'cut.txt.gz'), whole.subarray(0, whole.length - 9));
    await writeFile(path.join(directory, 'two.txt.gz'), Buffer.concat([gzipSync('a\n'), gzipSync('b\n')]));
    await expect(read('cut.txt.gz')).rejects.toThrow(/^cut\.txt\.gz is incomplete/);
    expect(await read('two.txt.gz')).toEqual(['a', 'b']);
  });

  it('stops reading when aborted, with the reason of the abort', async () => {
    await writeFile(path.join(directory, 'a.txt.gz'), gzipSync('line\n'.repeat(1_000_000)));
    const aborter = new AbortController();
    const reading = (async () => {
      for await (const _group of (await open('a.txt.gz')).read(aborter.signal)) aborter.abort(new Error('enough'));
    })();
    await expect(reading).rejects.toThrow('enough');
  });
});
