import { execFileSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../../runner/errors.js';
import { MemoryStore } from '../../../support/memory-store.js';
import { tempDirectory } from '../../model/files.js';
import { namesOf, upload } from './folder.js';

const read = async (folder: string, more: Parameters<typeof upload>[2] = {}) => {
  const { lines, notices } = await upload(new MemoryStore(), folder, more);
  return { names: namesOf(lines), notices };
};

describe('the files of a folder', () => {
  it('are items in the byte order of their names, through all folders', async () => {
    const names = [
      'a.b',
      'a/x',
      'a-b',
      'a0',
      'Z',
      'é',
      'e\u0301',
      '\u{1f600}',
      '\uff61',
      'a b',
      'a%20b',
      'a+b',
      'l\nq"',
    ];
    const folder = await tempDirectory(Object.fromEntries(names.map((name) => [name, name])));
    const inOrder = [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(await read(folder)).toEqual({ names: inOrder, notices: [] });
  });

  it('are without hidden ones, those of .spotpoolignore and of the system, and a notice counts them', async () => {
    const folder = await tempDirectory({
      '.hidden': '',
      '.git/config': '',
      '.spotpoolignore': '*.tmp\nold/\n!.kept.jpg\n',
      '.kept.jpg': '',
      'a.jpg': '',
      'a.tmp': '',
      'old/b.jpg': '',
      'Thumbs.db': '',
      'run.log': '',
      'venv/c.jpg': '',
      'sub/.spotpoolignore': 'd.jpg',
      'sub/d.jpg': '',
      'sub/e.jpg': '',
    });
    await mkdir(path.join(folder, 'nothing'));
    await writeFile(path.join(folder, '.gitignore'), 'a.jpg\n');
    execFileSync('mkfifo', [path.join(folder, 'pipe')]);
    expect(await read(folder)).toEqual({
      names: ['.kept.jpg', 'a.jpg', 'run.log', 'sub/e.jpg', 'venv/c.jpg'],
      notices: [
        'Left out of the folder photos: 5 hidden files and folders, 1 file of the operating system, 3 files and folders that .spotpoolignore names, 1 empty folder and 1 socket, pipe or device.',
      ],
    });
  });

  it('include links to files within it, but enter no folder twice', async () => {
    const folder = await tempDirectory({ 'a/one.txt': '1' });
    await symlink('a/one.txt', path.join(folder, 'link.txt'));
    await symlink('a', path.join(folder, 'again'));
    await symlink('..', path.join(folder, 'a/up'));
    expect(await read(folder)).toEqual({
      names: ['a/one.txt', 'link.txt'],
      notices: ['Left out of the folder photos: 2 links to folders within it.'],
    });
  });

  it('are refused with links that lead out, unless they are followed', async () => {
    const outside = await tempDirectory({ 'data/x.txt': 'x', 'data/sub/y.txt': 'y' });
    const folder = await tempDirectory({ 'out-b.txt': '' });
    await symlink(path.join(outside, 'data'), path.join(folder, 'out'));
    await symlink(outside, path.join(outside, 'data/loop'));
    const refused = read(folder);
    await expect(refused).rejects.toThrow(UserError);
    await expect(refused).rejects.toThrow(/has 1 link that lead[^]* {2}out -> [^]*--follow-links/);
    expect(await read(folder, { followLinks: true })).toEqual({
      names: ['out-b.txt', 'out/sub/y.txt', 'out/x.txt'],
      notices: ['Left out of the folder photos: 1 link to a folder that contains it.'],
    });
  });

  it('are failed items when their link leads nowhere or in a circle, and an error with --strict', async () => {
    const folder = await tempDirectory({ a: '' });
    await symlink('nowhere', path.join(folder, 'b'));
    await symlink('c', path.join(folder, 'c'));
    expect((await read(folder)).names).toEqual([
      'a',
      'bad: the file b is a link that leads nowhere',
      'bad: the file c is a link that leads in a circle',
    ]);
    await expect(read(folder, { strict: true })).rejects.toThrow(
      'photos: the file b is a link that leads nowhere. Without --strict this file is a failed item.',
    );
  });

  it('are refused when a name is not UTF-8, with its place', async () => {
    const folder = await tempDirectory({ 'sub/a': '' });
    await writeFile(Buffer.concat([Buffer.from(`${folder}/sub/caf`), Buffer.from([0xe9])]), '');
    await expect(read(folder)).rejects.toThrow('The folder photos / sub has a file whose name is not UTF-8: caf\\xe9.');
  });

  it('are none in a folder without files, which is refused', async () => {
    const folder = await tempDirectory({ '.hidden': '' });
    await mkdir(path.join(folder, 'sub'));
    await expect(read(folder)).rejects.toThrow(
      'The folder photos has no files that are items; it has 1 hidden file or folder and 1 empty folder.',
    );
  });

  it('do not include the results that the command writes', async () => {
    const folder = await tempDirectory({ a: '', 'r.jsonl': '' });
    const { names } = await read(folder, { outputs: [path.join(folder, 'r.jsonl')] });
    expect(names).toEqual(['a']);
  });
});
