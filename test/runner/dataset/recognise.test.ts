/** Tests that the bytes of a file decide its format, whatever its name. Files are read through `openDataset`, as in every command. */
import { execFileSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDataset } from '../../../runner/dataset/dataset.js';
import type { DatasetRequest } from '../../../runner/dataset/dataset-request.js';
import { UserError } from '../../../runner/errors.js';
import { chunksOf, itemsOf } from './reading.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'spotpool-recognise-'));
});
afterEach(() => rm(directory, { recursive: true }));

const { signal } = new AbortController();
type Options = Omit<DatasetRequest, 'arguments' | 'cwd'>;

const noObjects = { stream: () => chunksOf(Buffer.alloc(0), 1), list: () => [] as never, head: async () => undefined };

async function read(argument: string, options: Options = {}) {
  const notices: string[] = [];
  const dataset = await openDataset({ arguments: [argument], cwd: directory, ...options }, noObjects, signal);
  const items = await itemsOf(dataset.read(signal, { notify: ({ message }) => notices.push(message) }));
  return { items, notices: notices.join('\n') };
}

async function readFile(name: string, content: string | Buffer, options: Options = {}) {
  await writeFile(path.join(directory, name), content);
  return read(name, options);
}

async function refusal(name: string, content: string | Buffer, options: Options = {}): Promise<string> {
  await writeFile(path.join(directory, name), content);
  const dataset = await openDataset({ arguments: [name], cwd: directory, ...options }, noObjects, signal);
  // A file is refused before anything is started, and again when it is read. An object in S3 is refused only when it is read.
  const error: unknown = await dataset.check(signal).catch((thrown: unknown) => thrown);
  await expect(itemsOf(dataset.read(signal))).rejects.toThrow(UserError);
  expect(error).toBeInstanceOf(UserError);
  return (error as UserError).message;
}

const binary = (text: string): Buffer => Buffer.from(text, 'latin1');
const objects = '{"a":1}\n{"a":2}\n';
const twoObjects = [{ a: 1 }, { a: 2 }];

describe('the bytes of a file decide its format', () => {
  it.each(['x.jsonl', 'x.ndjson', 'data.gz', 'part-00000'])('gzip is unpacked under the name %s', async (name) => {
    const { items, notices } = await readFile(name, gzipSync(objects));
    expect(items).toEqual(twoObjects);
    if (!name.endsWith('.gz')) expect(notices).toContain(`The dataset ${name} is compressed with gzip`);
  });

  it('an uncompressed file with the ending .gz is read, with a notice', async () => {
    const { items, notices } = await readFile('plain.jsonl.gz', objects);
    expect(items).toEqual(twoObjects);
    expect(notices).toContain('is not compressed, although its name says so');
  });

  it.each<[string, string | Buffer, RegExp]>([
    ['x.jsonl.gz', gzipSync(binary('PAR1\x15\x04\x15\x10')), /is Parquet within gzip\. .*unpack or save it first/],
    ['x.csv', binary('PK\x03\x04\x14\0\0\0\0\0[Content_Types].xml'), /is a spreadsheet.* Save it as CSV/],
    ['x.txt', binary('%PDF-1.7\n'), /is a PDF/],
    ['x', binary('\x28\xb5\x2f\xfd\x04\x58'), /x is incomplete: its compressed data ends too early/],
    ['x', binary('BZh91AY&SY'), /bzip2, which is not supported\. .*<\(bzcat x\)/],
    ['x.csv', Buffer.from('\ufeffa;b\n1;2\n', 'utf16le'), /is UTF-16 text, .*iconv -f utf-16/],
    ['x.csv', Buffer.from('a,b\n1,2\n', 'utf16le'), /is UTF-16 text/],
    [
      'x.gz',
      gzipSync(Buffer.concat([binary('a'), Buffer.alloc(256), binary('ustar\x0000')])),
      /gzip, and its content is a tar archive/,
    ],
    ['x.jsonl.gz', gzipSync(gzipSync(objects)), /is compressed twice/],
    [
      'x.jsonl',
      Buffer.from(Array.from({ length: 4_096 }, (_, i) => (i * 7_919) % 256)),
      /contains bytes that are not text/,
    ],
    ['x.csv', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n', /Git LFS pointer/],
    ['x.csv', '<!DOCTYPE html>\n<html>\n', /is a web page/],
  ])('an unsupported format is refused under any name, with a remedy: %s, %#', async (name, content, message) => {
    expect(await refusal(name, content)).toMatch(message);
  });

  it.each<[string, string, RegExp]>([
    ['x.jsonl', 'a,b\n1,2\n3,4\n', /name of JSON Lines, but none of its first 3 lines is JSON\. .*--format json, csv/],
    ['x.jsonl', '[\n  {"a": 1},\n  {"a": 2}\n]\n', /name of JSON Lines, but it is one JSON array\. .*--format json\./],
    ['x.jsonl', '[{"a":1},{"a":2}]\n', /it is one JSON array/],
    ['x.jsonl', `[${'{"a":1},'.repeat(20_000)}{"a":2}]`, /it is one JSON array/],
    ['x.json', '{"a":1}\n', /is one JSON document.*If each line is an item: --format jsonl/],
    ['x.json', '{\n  "a": 1\n}\n', /is one JSON document/],
    ['x', '{\n  "a":\n [1]\n}\n', /is one JSON document that is no array/],
    ['x.csv', objects, /name of CSV, but its lines are JSON objects\. .*--format jsonl/],
  ])('a text that contradicts its name is refused, with a remedy: %s, %#', async (name, content, message) => {
    expect(await refusal(name, content)).toMatch(message);
  });

  it.each(['part-00000', 'items.jl', 'rows.json'])('lines that are JSON objects are JSON Lines in %s', async (name) => {
    const { items, notices } = await readFile(name, objects);
    expect(items).toEqual(twoObjects);
    expect(notices).toMatch(/is read as JSON Lines, because its lines are JSON objects.*--format text/);
  });

  it('other lines without a known ending are plain text, with a notice', async () => {
    const { items, notices } = await readFile('names', '[INFO] started\nAda\n{"a":1}\n');
    expect(items).toEqual(['[INFO] started', 'Ada', '{"a":1}']);
    expect(notices).toContain('is read as plain text');
  });

  it('a known ending is read without a notice', async () => {
    expect(await readFile('a.jsonl', '1\n{"a":NaN}\nx\n')).toMatchObject({ notices: '' });
    expect(await readFile('a.jsonl', '[0.5,1]\n[2,3]\n')).toMatchObject({
      items: [
        [0.5, 1],
        [2, 3],
      ],
      notices: '',
    });
    expect(await readFile('a.csv', 'a,b\n1,2\n')).toMatchObject({ notices: '' });
    expect(await readFile('a.tsv', 'a\tb\n1\t2\n')).toEqual({ items: [{ a: '1', b: '2' }], notices: '' });
    expect(await readFile('a.txt', objects)).toEqual({ items: objects.trim().split('\n'), notices: '' });
  });

  it('--format overrides the name and the content of a text', async () => {
    expect((await readFile('x.csv', objects, { format: 'text' })).items).toEqual(objects.trim().split('\n'));
    expect((await readFile('x.txt', objects, { format: 'jsonl' })).items).toEqual(twoObjects);
    expect((await readFile('x.parquet', 'a\n1\n', { format: 'csv' })).items).toEqual([{ a: '1' }]);
    expect((await readFile('x.json', '[1]\n', { format: 'jsonl' })).items).toEqual([[1]]);
    expect((await readFile('y', 'a\tb\n1\t2\n', { format: 'tsv' })).items).toEqual([{ a: '1', b: '2' }]);
    expect((await readFile('z', 'a;b\n1;2\n', { delimiter: ';' })).items).toEqual([{ a: '1', b: '2' }]);
  });

  it('only one byte order mark is removed, at the start', async () => {
    expect((await readFile('a.txt', '\ufeff\ufeffa\n\ufeffb\n')).items).toEqual(['\ufeffa', '\ufeffb']);
    expect((await readFile('a.csv', '\ufeff"a,b",c\n1,2\n')).items).toEqual([{ 'a,b': '1', c: '2' }]);
    expect((await readFile('b', `\ufeff${objects}`)).items).toEqual(twoObjects);
  });

  it('a pipe is read once, from its beginning, and not before', async () => {
    const pipe = path.join(directory, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const dataset = await openDataset({ arguments: [pipe], cwd: directory }, noObjects, signal);
    await dataset.check(signal); // there is no writer yet, so reading would block for ever
    createWriteStream(pipe).end(gzipSync(objects));
    expect(await itemsOf(dataset.read(signal))).toEqual(twoObjects);
  });
});

describe('a pipe that keeps its reader waiting', () => {
  it.each(['without a writer', 'whose writer pauses'])(
    'is closed when the reading is aborted: a pipe %s',
    async (which) => {
      const pipe = path.join(directory, 'pipe');
      execFileSync('mkfifo', [pipe]);
      const aborter = new AbortController();
      const dataset = await openDataset({ arguments: [pipe], cwd: directory }, noObjects, signal);
      const reading = itemsOf(dataset.read(aborter.signal));
      const failed = expect(reading).rejects.toThrow('enough');
      const writer = which === 'without a writer' ? undefined : createWriteStream(pipe);
      if (writer !== undefined) await new Promise((written) => writer.write('{"a":1}\n', written));
      aborter.abort(new Error('enough'));
      await failed;
      writer?.destroy();
    },
  );

  it('is closed when the limit of items is reached', async () => {
    const pipe = path.join(directory, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const dataset = await openDataset({ arguments: [pipe], cwd: directory, limit: 2 }, noObjects, signal);
    const reading = itemsOf(dataset.read(signal));
    const writer = createWriteStream(pipe);
    writer.on('error', () => undefined); // its last write has no reader
    writer.write('{"a":1}\n'.repeat(100_000));
    expect(await reading).toEqual([{ a: 1 }, { a: 1 }]);
    writer.destroy();
  });
});

describe('the columns of a CSV file', () => {
  it.each([
    ['semicolons', 'a;b\n"1;5";2,5\n', [{ a: '1;5', b: '2,5' }]],
    ['tabs', 'a\tb\n1\t2\n', [{ a: '1', b: '2' }]],
    ['vertical bars', 'a|b\n1|2\n', [{ a: '1', b: '2' }]],
    ['semicolons', 'sep=;\r\na;b\r\n1;2\r\n', [{ a: '1', b: '2' }]],
    ['"~"', 'sep=~\na~b\n1~2\n', [{ a: '1', b: '2' }]],
    [
      'semicolons',
      'a, b and c;d;e\n"x,y";2;3\n1,2,3;4;5\n',
      [
        { 'a, b and c': 'x,y', d: '2', e: '3' },
        { 'a, b and c': '1,2,3', d: '4', e: '5' },
      ],
    ],
  ])('are found, with a notice, when they are separated by %s: %#', async (name, content, items) => {
    const read = await readFile('a.csv', content);
    expect(read.items).toEqual(items);
    expect(read.notices).toContain(`is read with ${name} between its columns`);
  });

  it.each([
    [
      'a,b;c\n1,x;y\n2,"x;z"\n3,;\n',
      [
        { a: '1', 'b;c': 'x;y' },
        { a: '2', 'b;c': 'x;z' },
        { a: '3', 'b;c': ';' },
      ],
      ',',
    ],
    ['a,b\n1,x;y\n3\n', [{ a: '1', b: 'x;y' }, 'bad: line 3 has 1 field, the header has 2'], undefined],
    ['a\n1;2\n3,4\n', [{ a: '1;2' }, 'bad: line 3 has 2 fields, the header has 1'], undefined],
    ['sep=,\na,b\n1,2\n', [{ a: '1', b: '2' }], undefined],
    ['a,b;c\n', [], undefined],
  ])('are separated by commas unless another delimiter is clearer: %#', async (content, items, delimiter) => {
    const read = await readFile('a.csv', content, delimiter === undefined ? {} : { delimiter });
    expect(read).toEqual({ items, notices: '' });
  });

  it('with two possible delimiters are refused with both', async () => {
    expect(await refusal('a.csv', 'a,b;c\n1,x;y\n2,x;z\n')).toMatch(
      /Cannot find the delimiter of the dataset a\.csv: it may be commas \(2 columns in its header\) or semicolons \(2 .* --delimiter ',' or --delimiter ';'/,
    );
    expect(await refusal('a.csv', 'name;alias\nAda\nGrace\nJoan\n')).toContain(
      "--delimiter ';', or --delimiter ',' for a single column",
    );
  });

  it('may be in lines that end in carriage returns only', async () => {
    const { items, notices } = await readFile('a.csv', 'a,b\r1,"x\ry"\r');
    expect(items).toEqual([{ a: '1', b: 'x\ry' }]);
    expect(notices).toContain('carriage returns as line ends');
  });

  it('make --delimiter an error for other formats', async () => {
    expect(await refusal('a.jsonl', objects, { delimiter: ';' })).toContain('--delimiter does not apply to');
    await expect(read('s3://bucket/prefix/', { delimiter: ';' })).rejects.toThrow(/--delimiter does not apply to/);
  });
});

it('lines that end in carriage returns only are lines in every format', async () => {
  expect((await readFile('a.jsonl', '{"a":1}\r{"a":2}\r')).items).toEqual(twoObjects);
  expect((await readFile('a.txt', 'x\ry')).items).toEqual(['x', 'y']);
  expect((await readFile('b', '{"a":1}\r{"a":2}')).items).toEqual(twoObjects);
});
