/** Tests datasets whose items are the files of several folders, globs and single files. */
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDataset } from '../../../../runner/dataset/dataset.js';
import type { DatasetRequest } from '../../../../runner/dataset/dataset-request.js';
import { FileUploads } from '../../../../runner/dataset/files/file-uploads.js';
import type { SourceObjects } from '../../../../runner/dataset/ports.js';
import { UserError } from '../../../../runner/errors.js';
import { tempDirectory } from '../../model/files.js';
import { linesOf } from '../reading.js';
import { META } from '../own-results.js';
import { namesOf } from './folder.js';

const { signal } = new AbortController();
const noObjects: SourceObjects = {
  head: () => Promise.resolve(undefined),
  async *stream() {},
  async *list() {},
};

type Options = Omit<DatasetRequest, 'arguments' | 'cwd'>;

async function read(cwd: string, args: readonly string[], options: Options = {}) {
  const notices: string[] = [];
  const dataset = await openDataset({ arguments: args, cwd, ...options }, noObjects, signal);
  const files = new FileUploads('b');
  const groups = dataset.read(signal, { files, notify: ({ message }) => notices.push(message) });
  return { kind: dataset.kind, names: namesOf(await linesOf(groups)), notices };
}

const names = async (cwd: string, args: readonly string[], options: Options = {}) =>
  (await read(cwd, args, options)).names;

const PHOTOS = {
  'photos/b.png': 'b',
  'photos/a.png': 'a',
  'photos/c.jpg': 'c',
  'photos/deep/d.png': 'd',
  'photos/.hidden.png': 'x',
  'more/e.png': 'e',
};

describe('files that are items', () => {
  it('are the same whether the shell expands a glob or spotpool does', async () => {
    const cwd = await tempDirectory(PHOTOS);
    expect(await names(cwd, ['photos/*.png'])).toEqual(['a.png', 'b.png']);
    expect(await names(cwd, ['photos/b.png', 'photos/a.png'])).toEqual(['a.png', 'b.png']);
    expect(await names(cwd, ['photos/**/*.png'])).toEqual(['a.png', 'b.png', 'deep/d.png']);
    expect(await names(cwd, ['photos/{a,b}.png', 'photos/deep/'])).toEqual(['a.png', 'b.png', 'd.png']);
  });

  it('may be those of several folders, and are sampled and limited as one dataset', async () => {
    const cwd = await tempDirectory(PHOTOS);
    const all = ['a.png', 'b.png', 'c.jpg', 'deep/d.png', 'e.png'];
    const { kind, names: both, notices } = await read(cwd, ['photos', 'more/']);
    expect({ kind, both }).toEqual({ kind: 'objects', both: all });
    expect(notices).toEqual(['Left out of the dataset photos and 1 more: 1 hidden file or folder.']);
    expect(await names(cwd, ['photos', 'more'], { limit: 2 })).toEqual(all.slice(0, 2));
    const sample = await names(cwd, ['photos', 'more'], { sample: { items: 3, seed: 7 } });
    expect(sample).toHaveLength(3);
    expect(all.filter((name) => sample.includes(name))).toEqual(sample);
  });

  it('may be named one by one with --format files, whatever is in them', async () => {
    const cwd = await tempDirectory({ 'a.csv': 'x\n', 'b.jpg': 'b' });
    expect(await names(cwd, ['a.csv', 'b.jpg'], { format: 'files' })).toEqual(['a.csv', 'b.jpg']);
    expect(await names(cwd, ['b.jpg'], { format: 'files' })).toEqual(['b.jpg']);
  });

  it('are without those that a .spotpoolignore names, in a glob, too', async () => {
    const cwd = await tempDirectory({ ...PHOTOS, 'photos/.spotpoolignore': 'b.png\n' });
    expect(await names(cwd, ['photos/*.png'])).toEqual(['a.png']);
  });

  it('are without the results of earlier jobs, which a line counts or names', async () => {
    const cwd = await tempDirectory({
      ...PHOTOS,
      'photos/p.results.jsonl': 'x',
      'photos/p.results.jsonl.meta.json': META,
    });
    const folder = await read(cwd, ['photos']);
    expect(folder.names).toEqual(['a.png', 'b.png', 'c.jpg', 'deep/d.png']);
    expect(folder.notices).toEqual([
      'Left out of the folder photos: 1 hidden file or folder and 2 files of results of earlier jobs.',
    ]);
    const expanded = await read(cwd, ['photos/a.png', 'photos/p.results.jsonl', 'photos/p.results.jsonl.meta.json']);
    expect(expanded.names).toEqual(['a.png']);
    expect(expanded.notices.join()).toMatch(/^photos\/p\.results\.jsonl has results of earlier jobs, and is left out/);
  });

  it.each<[string, readonly string[], RegExp]>([
    ['two items with one name', ['photos', 'other'], /have the name a\.png: .*photos\/a\.png and .*other\/a\.png/],
    ['a file that is given twice', ['photos/a.png', './photos/a.png'], /photos\/a\.png is given twice/],
    ['a folder and the folder in it', ['photos', 'photos/deep'], /deep\/d\.png is given twice/],
    ['images beside rows', ['photos/a.png', 'rows.csv'], /mixes files of records \(rows\.csv\) .*\(photos\/a\.png\)/],
    ['links that lead out', ['photos/*', 'links/*.png'], /links\/\*\.png has 1 link that lead out/],
  ])('are refused: %s', async (_what, args, message) => {
    const cwd = await tempDirectory({ ...PHOTOS, 'other/a.png': 'z', 'rows.csv': 'x\n1\n' });
    await mkdir(path.join(cwd, 'links'));
    await writeFile(path.join(cwd, 'outside.png'), 'o');
    await symlink('../outside.png', path.join(cwd, 'links', 'l.png'));
    const error: unknown = await read(cwd, args).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).message).toMatch(message);
  });
});
