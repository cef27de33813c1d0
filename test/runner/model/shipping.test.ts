import { execFileSync } from 'node:child_process';
import { appendFile, chmod, link, mkdir, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../runner/errors.js';
import { fileEntry, writeBundle } from '../../../runner/model/bundle.js';
import type { ModelRequest } from '../../../runner/model/resolved-model.js';
import { packed, tempDirectory } from './files.js';

const entry = { 'index.mjs': 'export const predict = (items) => items;' };

/** The shipped files, without the entry and without folders. */
async function shippedOf(
  files: Readonly<Record<string, string>>,
  options: Partial<ModelRequest> = {},
): Promise<readonly string[]> {
  const cwd = await tempDirectory({ ...entry, ...files });
  const { shipped, directory } = await packed(cwd, '.', options);
  const found = await readdir(directory, { recursive: true, withFileTypes: true });
  const there = found
    .filter((one) => one.isFile())
    .map((one) => path.relative(directory, path.join(one.parentPath, one.name)));
  expect(there.every((name) => shipped.includes(name))).toBe(true);
  return there.filter((name) => name !== 'index.mjs').sort();
}

describe('an ignored file', () => {
  it('is not shipped, and is reported with its ignore file', async () => {
    const cwd = await tempDirectory({
      ...entry,
      '.gitignore': 'data/\n*.tmp\n',
      '.spotpoolignore': 'notes.md\n',
      'data/large.bin': 'x',
      'a.tmp': 'x',
      'sub/b.tmp': 'x',
      'notes.md': 'x',
      'sub/keep.txt': 'x',
    });
    const { shipped, leftOut } = await packed(cwd, '.');
    expect(shipped).toEqual(['.gitignore', '.spotpoolignore', 'index.mjs', 'sub', 'sub/keep.txt']);
    expect(leftOut).toEqual([
      'a.tmp [.gitignore]',
      'data/ [.gitignore]',
      'notes.md [.spotpoolignore]',
      'sub/b.tmp [.gitignore]',
    ]);
  });

  it('is shipped again with .spotpoolignore or --ship', async () => {
    const files = { '.gitignore': 'weights/\n*.onnx\n', 'weights/w.bin': 'w', 'm.onnx': 'm' };
    expect(await shippedOf(files)).toEqual(['.gitignore']);
    expect(await shippedOf({ ...files, '.spotpoolignore': '!weights/\n' })).toContain('weights/w.bin');
    expect(await shippedOf(files, { ship: ['m.onnx', 'weights'] })).toEqual(['.gitignore', 'm.onnx', 'weights/w.bin']);
  });

  it('in an ignored folder is shipped alone when --ship names it', async () => {
    const files = { '.gitignore': 'data/\n', 'data/vocab.txt': 'v', 'data/large.bin': 'x', 'data/sub/x': 'x' };
    expect(await shippedOf(files, { ship: ['data/vocab.txt'] })).toEqual(['.gitignore', 'data/vocab.txt']);
  });

  it.each([
    ['the program', '/bin/sh model.sh'],
    ['an option', 'sh model.sh --weights=/opt/weights.bin'],
    ['a path that leads up', 'sh model.sh ../../x/y'],
  ])('is found when %s names a file on the instance', async (_, command) => {
    const cwd = await tempDirectory({ 'm/model.sh': 'exit', 'm/.gitignore': 'model.sh\n*.tmp\n', 'm/a.tmp': 'x' });
    const { shipped } = await packed(cwd, command, { files: ['m'] });
    expect(shipped).toEqual(['.gitignore', 'model.sh']);
  });

  it('is never node_modules, the entry with its folders, an imported file, or a named script', async () => {
    const built = { '.gitignore': 'dist/\nnode_modules/\n*.bin\n', 'package.json': '{"main":"dist/main.js"}' };
    expect(
      await shippedOf({
        ...built,
        'dist/main.js': '',
        'dist/lib/a.js': '',
        'node_modules/d/dist/i.js': '',
        'x.bin': '',
      }),
    ).toEqual(['.gitignore', 'dist/lib/a.js', 'dist/main.js', 'node_modules/d/dist/i.js', 'package.json']);
    const cwd = await tempDirectory({
      'm/.gitignore': '*.bin\n',
      'm/index.ts': `import w from './w.bin'; export const predict = (): unknown[] => [w];`,
      'm/w.bin': 'w',
      'm/other.bin': 'o',
      'c/.gitignore': 'build/\n',
      'c/build/model.py': '',
      'c/build/helper.py': '',
    });
    const compiled = await packed(cwd, 'm');
    expect(compiled.shipped).toContain('w.bin');
    expect(compiled.shipped).not.toContain('other.bin');
    const command = await packed(cwd, 'python3 build/model.py', { files: ['c'] });
    expect(command.shipped).toEqual(expect.arrayContaining(['build/model.py', 'build/helper.py']));
  });

  it('stays ignored when words of a command name paths outside of the directory', async () => {
    const cwd = await tempDirectory({ 'c/.gitignore': 'build/\n', 'c/build/m.js': '', 'c/n.js': '' });
    const absolute = await packed(cwd, `${process.execPath} n.js --root=/ ../c/build`, { files: ['c'] });
    expect(absolute.shipped).toEqual(['.gitignore', 'n.js']);
  });

  it('is the same as for git itself, with nested ignore files and those above the directory', async () => {
    const root = await tempDirectory({
      '.gitignore': '*.log\n/m/secret-plan.txt\nbuilt\n',
      'm/index.mjs': '',
      'm/secret-plan.txt': '',
      'm/a.txt': '',
      'm/sub/.gitignore': '!built\n*.txt\n!keep.txt\n/only-here.md\n',
      'm/sub/built/x.md': '',
      'm/sub/b.txt': '',
      'm/sub/keep.txt': '',
      'm/sub/only-here.md': '',
      'm/sub/deep/only-here.md': '',
      'm/sub/deep/c.txt': '',
      'm/built/y.md': '',
    });
    execFileSync('git', ['init', '-q'], { cwd: root });
    const listed = execFileSync('git', ['ls-files', '--others', '--exclude-standard'], { cwd: path.join(root, 'm') });
    const { shipped } = await packed(root, 'm');
    const files = shipped.filter((name) => !['sub', 'sub/built', 'sub/deep'].includes(name));
    expect([...files].sort()).toEqual(listed.toString().trim().split('\n').sort());
  });

  it('is shipped when git ignores the whole directory that was given', async () => {
    const root = await tempDirectory({ '.gitignore': 'models/\n', 'models/m/index.mjs': '', 'models/m/a.txt': '' });
    await mkdir(path.join(root, '.git'));
    expect((await packed(root, 'models/m')).shipped).toEqual(['a.txt', 'index.mjs']);
  });

  it('may be a cache, a virtual environment or a log, which no ignore file needs to name', async () => {
    const files = {
      '__pycache__/m.cpython-312.pyc': '',
      'env/pyvenv.cfg': 'home = /usr/bin',
      'env/bin/x': '',
      '.venv/lib/x.py': '',
      'growing.log': '',
      'node_modules/.cache/x': '',
      'node_modules/d/build.log': '',
      'm.py': '',
    };
    expect(await shippedOf(files)).toEqual(['m.py', 'node_modules/d/build.log']);
    expect(await shippedOf({ ...files, '.spotpoolignore': '!growing.log' })).toContain('growing.log');
    const { leftOut } = await packed(await tempDirectory({ ...entry, ...files }), '.');
    const environments = ['.venv/ [a virtual environment]', 'env/ [a virtual environment]'];
    expect(leftOut).toEqual(expect.arrayContaining([...environments, 'growing.log [a cache or log]']));
  });
});

describe('the user’s own files', () => {
  it('are left out: the dataset and the output by any name, and results of jobs with their meta files', async () => {
    const cwd = await tempDirectory({
      ...entry,
      'data.csv': 'a\n1\n',
      'out.txt': 'anything',
      'old.jsonl': '{"index":0,"ok":true,"output":1}\n',
      'mine.csv': 'index,ok\n',
      'mine.csv.meta.json': '{"job":"j","bytes":9}',
      'items.jsonl': '{"name":"ok"}\n',
      'other.meta.json': '{"author":"x"}',
      'old.jsonl.0123abcd.partial': '{"index":0,"ok":false,"error":{}}\n',
    });
    await link(path.join(cwd, 'data.csv'), path.join(cwd, 'hard.csv'));
    await symlink('data.csv', path.join(cwd, 'soft.csv'));
    const excluded = [
      { file: path.join(cwd, 'data.csv'), why: 'the dataset', always: false },
      { file: path.join(cwd, 'out.txt'), why: 'the results', always: true },
    ];
    const { shipped, leftOut } = await packed(cwd, '.', { excluded });
    expect(shipped).toEqual(['index.mjs', 'items.jsonl', 'other.meta.json']);
    expect(leftOut).toContain('hard.csv [the dataset]');
    expect(leftOut).toContain('soft.csv [the dataset]');
    await writeFile(path.join(cwd, '.spotpoolignore'), '!old.jsonl\n!data.csv\n');
    const kept = (await packed(cwd, '.', { excluded })).shipped;
    expect(kept).toEqual(['.spotpoolignore', 'index.mjs', 'items.jsonl', 'old.jsonl', 'other.meta.json']);
    await rm(path.join(cwd, '.spotpoolignore'));
    const asked = await packed(cwd, '.', { excluded, ship: ['data.csv', 'out.txt', 'old.jsonl'] });
    expect(asked.shipped).toEqual(['data.csv', 'index.mjs', 'items.jsonl', 'old.jsonl', 'other.meta.json']);
  });

  it('never include the repository, not even with --ship', async () => {
    expect(await shippedOf({ '.git/HEAD': 'x', '.hg/x': 'x' }, { ship: ['.git', '.git/HEAD'] })).toEqual([]);
  });
});

describe('a file that looks like a secret', () => {
  const KEY = '-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blbn\n';
  it.each([
    ['.env', 'A=1'],
    ['.env.production', 'A=1'],
    ['.env-prod', 'A=1'],
    ['prod.env', 'A=1'],
    ['.envrc', 'export A=1'],
    ['deep/down/.env', 'A=1'],
    ['id_rsa', 'x'],
    ['id_ed25519', 'x'],
    ['server.pem', 'x'],
    ['server.pem', `-----BEGIN CERTIFICATE-----\n${KEY}`],
    ['store.p12', 'x'],
    ['.netrc', 'machine x'],
    ['.pypirc', '[pypi]'],
    ['.npmrc', '//registry.example/:_authToken=abc'],
    ['.aws/credentials', '[default]'],
    ['credentials', `[default]\naws_access_key_id = A\naws_secret_access_key = ${'b'.repeat(40)}\n`],
    ['.ssh/config', 'Host x'],
    ['some-file', KEY],
    ['account.json', '{"type":"service_account","private_key":"-----BEGIN PRIVATE KEY-----\\nMII"}'],
  ])('is refused with the ways to ship it and to exclude it: %s', async (name, content) => {
    const cwd = await tempDirectory({ ...entry, [name]: content });
    const refused = packed(cwd, '.');
    await expect(refused).rejects.toThrow(UserError);
    const shown = name.startsWith('.aws') || name.startsWith('.ssh') ? path.dirname(name) : name;
    for (const said of ['look like secrets', shown, `--ship ${shown}`, '.spotpoolignore']) {
      await expect(refused).rejects.toThrow(said);
    }
    expect((await packed(cwd, '.', { ship: [shown] })).shipped).toContain(name);
    await writeFile(path.join(cwd, '.spotpoolignore'), `${shown}\n`);
    expect((await packed(cwd, '.')).shipped).not.toContain(name);
  });

  it.each([
    ['.env.example', 'A=1'],
    ['.env-sample', 'A=1'],
    ['example.env', 'A=1'],
    ['environment.py', 'import os\naws_secret_access_key = os.environ["A"]\n'],
    ['id_rsa.pub', 'ssh-rsa AAAA'],
    ['cacert.pem', '-----BEGIN CERTIFICATE-----\nMII'],
    ['.npmrc', 'save-exact=true\n//registry.example/:_authToken=${NPM_TOKEN}'],
    ['node_modules/d/test/key.pem', KEY],
    ['read-me.md', `Keys begin with ${KEY}`],
    ['environment.yml', 'name: x'],
  ])('is not %s', async (name, content) => {
    expect(await shippedOf({ [name]: content })).toEqual([name]);
  });

  it('is not refused when it is ignored or in a virtual environment', async () => {
    expect(await shippedOf({ '.gitignore': '.env\n', '.env': 'A=1', '.env.d/pyvenv.cfg': '' })).toEqual(['.gitignore']);
  });
});

describe('links that lead out of the directory', () => {
  async function linked(): Promise<string> {
    const cwd = await tempDirectory({ 'm/index.mjs': '', 'shared/lib.js': '', '.env': 'A=1', 'm/logs/a.txt': '' });
    await symlink('../shared', path.join(cwd, 'm/lib'));
    return cwd;
  }

  it('are refused with their targets, unless --follow-links is given', async () => {
    const cwd = await linked();
    await expect(packed(cwd, 'm')).rejects.toThrow(/lib -> .*shared[^]*--follow-links[^]*--ship lib/);
    expect((await packed(cwd, 'm', { followLinks: true })).shipped).toContain('lib/lib.js');
    expect((await packed(cwd, 'm', { ship: ['lib'] })).shipped).toContain('lib/lib.js');
    await writeFile(path.join(cwd, 'm/.spotpoolignore'), 'lib\n');
    expect((await packed(cwd, 'm')).shipped).not.toContain('lib/lib.js');
  });

  it('do not hide that their target is a secret', async () => {
    const cwd = await linked();
    await symlink('../.env', path.join(cwd, 'm/settings'));
    await expect(packed(cwd, 'm', { followLinks: true })).rejects.toThrow('settings (environment variables)');
  });

  it('do not include links inside it; a link to a left-out file is left out', async () => {
    const cwd = await tempDirectory({ ...entry, '.gitignore': 'logs\n', 'logs/a.txt': '', 'a/b.txt': '' });
    await symlink('a', path.join(cwd, 'inner'));
    await symlink('logs/a.txt', path.join(cwd, 'latest'));
    const { shipped, leftOut } = await packed(cwd, '.');
    expect(shipped).toContain('inner');
    expect(leftOut).toContain('latest [its target is left out]');
  });
});

describe('--ship', () => {
  it('is refused when it names no file in the directory, or when there is no directory', async () => {
    const cwd = await tempDirectory({ 'm/index.mjs': '', 'model.mjs': '', 'outside.txt': '' });
    await expect(packed(cwd, 'm', { ship: ['nothing'] })).rejects.toThrow('--ship nothing: the shipped directory');
    await expect(packed(cwd, 'm', { ship: ['outside.txt'] })).rejects.toThrow('--ship outside.txt');
    await expect(packed(cwd, 'model.mjs', { ship: ['x'] })).rejects.toThrow('--ship needs a directory');
  });

  it('may be relative to the current directory', async () => {
    const cwd = await tempDirectory({ 'm/index.mjs': '', 'm/.env': 'A=1' });
    expect((await packed(cwd, 'm', { ship: ['m/.env'] })).shipped).toContain('.env');
  });
});

describe('the bundle', () => {
  it('is the same whoever wrote its files, at any time and in any place', async () => {
    const files = { ...entry, 'b/c.txt': 'c', 'a.txt': 'a', 'B.txt': 'b', 'run.sh': '#!/bin/sh' };
    const one = await tempDirectory(files);
    const two = await tempDirectory(Object.fromEntries(Object.entries(files).reverse()));
    await chmod(path.join(one, 'run.sh'), 0o700);
    await chmod(path.join(two, 'run.sh'), 0o775);
    await chmod(path.join(two, 'a.txt'), 0o600);
    await utimes(path.join(two, 'a.txt'), 1, 1);
    expect((await packed(two, '.')).digest).toBe((await packed(one, '.')).digest);
  });

  it('does not change when commands write files beside the model', async () => {
    const cwd = await tempDirectory({ ...entry, 'run.log': 'one\n' });
    const before = await packed(cwd, '.');
    await writeFile(path.join(cwd, 'run.log'), 'one\ntwo\n');
    await writeFile(path.join(cwd, 'results.jsonl'), '{"index":0,"ok":true,"output":1}\n');
    await mkdir(path.join(cwd, '__pycache__'));
    await writeFile(path.join(cwd, '__pycache__/x.pyc'), '');
    expect((await packed(cwd, '.')).digest).toBe(before.digest);
  });

  it.each([
    ['grows', (file: string) => appendFile(file, 'more'), 'changed while'],
    ['is written anew', (file: string) => writeFile(file, 'other'), 'changed while'],
    ['is removed', (file: string) => rm(file), 'was removed while'],
  ])('is refused when a file %s while it is packed', async (_what, change, message) => {
    const cwd = await tempDirectory({ 'a.txt': 'first', 'out.tar.gz': '' });
    const file = path.join(cwd, 'a.txt');
    await utimes(file, 1, 1);
    const entries = [fileEntry(file, 'a.txt', { size: 5, mode: 0o644, mtimeMs: 1_000 })];
    const pack = () => writeBundle(entries, path.join(cwd, 'out.tar.gz'), new AbortController().signal);
    await pack();
    await change(file);
    await expect(pack()).rejects.toThrow(message);
    await expect(pack()).rejects.toThrow(/a\.txt.*\.spotpoolignore/);
  });
});
