import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, readlink, realpath, rm, symlink, utimes } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../runner/errors.js';
import { createHash } from 'node:crypto';
import { modelBundleKey } from '../../../core/contract/keys.js';
import { packageModel, uploadModel } from '../../../runner/model/package-model.js';
import { MemoryStore } from '../../support/memory-store.js';
import { packed, runWith, tempDirectory } from './files.js';

describe('a module', () => {
  it('is compiled with its imports into one file that runs alone', async () => {
    const cwd = await tempDirectory({
      'model.ts': `import { twice } from './twice.js'; import { name } from 'pkg'; import cjs from './old.cjs';
        const require = 1; const __dirname = 2; enum Kind { A = 3 }
        export const predict = (items: readonly number[]): unknown[] => items.map((x) => [twice(x), name, cjs.sep, require + __dirname, Kind.A]);`,
      'twice.ts': `export const twice = (x: number): number => 2 * x;`,
      'old.cjs': `const path = require('path'); module.exports = { sep: path.sep, here: typeof __dirname };`,
      'node_modules/pkg/package.json': `{"name":"pkg","main":"main.js"}`,
      'node_modules/pkg/main.js': `exports.name = 'pkg';`,
    });
    const { directory, start, shipped } = await packed(cwd, 'model.ts');
    expect(start).toEqual({ kind: 'module', entry: 'model.mjs' });
    expect(shipped).toEqual(['model.mjs']);
    expect(runWith(directory, 'model.mjs', 'model.predict([21])')).toEqual([[42, 'pkg', '/', 3, 3]]);
  });

  it('gets the absolute path of each asset that it imports, which is shipped beside it', async () => {
    const weights = Buffer.from([0, 255, 7]);
    const cwd = await tempDirectory({
      'src/model.mjs': `import weights from '../my weights.bin'; import gz from './w.onnx.gz'; import data from './data.json';
        import { readFileSync } from 'node:fs';
        export const predict = () => [[...readFileSync(weights)], readFileSync(gz, 'utf8'), data.x, weights];`,
      'my weights.bin': weights,
      'src/w.onnx.gz': 'packed',
      'src/data.json': '{"x":1}',
    });
    const { directory } = await packed(cwd, 'src/model.mjs');
    const [bytes, gz, x, file] = runWith(directory, 'model.mjs', 'model.predict()') as [
      number[],
      string,
      number,
      string,
    ];
    expect([bytes, gz, x]).toEqual([[0, 255, 7], 'packed', 1]);
    expect(file).toMatch(new RegExp(`^${await realpath(directory)}/assets/my weights-[0-9a-f]{16}\\.bin$`));
  });

  it('has the same digest in any place and at any time, and another when a weight changes', async () => {
    const files = { 'model.js': `import w from './w.bin'; export const predict = () => [w];`, 'w.bin': 'one' };
    const first = await tempDirectory(files);
    const second = await tempDirectory(files);
    await utimes(path.join(second, 'w.bin'), 1, 1);
    await chmod(path.join(second, 'w.bin'), 0o664);
    const { digest } = await packed(first, 'model.js');
    expect((await packed(second, './model.js')).digest).toBe(digest);
    expect((await packed(await tempDirectory({ ...files, 'w.bin': 'two' }), 'model.js')).digest).not.toBe(digest);
  });

  it('with a syntax error is refused as esbuild shows it', async () => {
    const cwd = await tempDirectory({ 'model.ts': 'export const predict = (;\n' });
    await expect(packed(cwd, 'model.ts')).rejects.toThrow(UserError);
    await expect(packed(cwd, 'model.ts')).rejects.toThrow(/model\.ts:1:24[\s\S]*export const predict = \(;/);
  });

  it('with a missing import is refused with its name', async () => {
    const cwd = await tempDirectory({ 'model.ts': `import 'not-installed'; export const predict = 1;` });
    await expect(packed(cwd, 'model.ts')).rejects.toThrow('Could not resolve "not-installed"');
    await expect(packed(cwd, 'model.ts')).rejects.not.toThrow('external');
  });

  it('with a native addon is refused with the advice to give a directory', async () => {
    const cwd = await tempDirectory({ 'model.js': `import './x.node';`, 'x.node': '' });
    await expect(packed(cwd, 'model.js')).rejects.toThrow('Give a directory with the model');
  });

  it('is refused with --files', async () => {
    const cwd = await tempDirectory({ 'model.js': '' });
    await expect(packed(cwd, 'model.js', { files: ['.'] })).rejects.toThrow('--files needs a Python file or a command');
  });
});

describe('a directory', () => {
  it('is shipped without .git, and its links and executable bits are kept', async () => {
    const outside = await tempDirectory({ 'lib/shared.js': 'export const x = 5;', 'secret.txt': 's' });
    const root = await tempDirectory({
      'm/package.json': '{"type":"module","exports":{".":{"import":"./main.js"}}}',
      'm/main.js': `import { x } from './linked/shared.js'; export const predict = () => [x];`,
      'm/run.sh': '#!/bin/sh',
      'm/.git/HEAD': 'x',
      'm/node_modules/.store/dep/index.js': '',
    });
    const m = path.join(root, 'm');
    await chmod(path.join(m, 'run.sh'), 0o755);
    await mkdir(path.join(m, 'empty'));
    await symlink('.store/dep', path.join(m, 'node_modules/dep'));
    await symlink(path.join(m, 'main.js'), path.join(m, 'absolute.js'));
    await symlink(path.join(outside, 'lib'), path.join(m, 'linked'));
    await symlink(path.join(outside, 'lib'), path.join(outside, 'lib/loop'));
    await symlink('nowhere', path.join(m, 'dangling'));
    const { directory, start, shipped, leftOut } = await packed(root, 'm', { followLinks: true });
    expect(start).toEqual({ kind: 'module', entry: 'main.js' });
    expect(leftOut).toEqual([
      '.git/ [version control]',
      'dangling [a broken link]',
      'linked/loop [a link to a folder above it]',
    ]);
    expect(shipped).toContain('empty');
    expect(shipped.some((name) => name.includes('.git'))).toBe(false);
    expect(await readlink(path.join(directory, 'node_modules/dep'))).toBe('.store/dep');
    expect(await readlink(path.join(directory, 'absolute.js'))).toBe('main.js');
    expect(runWith(directory, 'main.js', 'model.predict()')).toEqual([5]);
  });

  it('with a TypeScript entry has it compiled beside the original, with packages in node_modules and weights in place', async () => {
    const cwd = await tempDirectory({
      'm/src/model.ts': `import dep from 'dep'; import w from '../w.bin'; import { readFileSync } from 'node:fs';
        export const predict = (): unknown[] => [dep, readFileSync(w, 'utf8')];`,
      'm/package.json': '{"main":"src/model.ts"}',
      'm/node_modules/dep/index.js': `module.exports = require('./native.json').x;`,
      'm/node_modules/dep/native.json': '{"x":9}',
      'm/w.bin': 'weights',
    });
    const { directory, start, shipped } = await packed(cwd, 'm');
    expect(start).toEqual({ kind: 'module', entry: 'src/model.compiled.mjs' });
    expect(shipped.filter((name) => name.endsWith('.bin'))).toEqual(['w.bin']);
    expect(runWith(directory, 'src/model.compiled.mjs', 'model.predict()')).toEqual([9, 'weights']);
  });

  it.each(['index.mjs', 'index.js', 'model.mjs', 'model.cjs'])('may have the entry %s', async (name) => {
    const cwd = await tempDirectory({ [`m/${name}`]: '' });
    expect((await packed(cwd, 'm')).start).toEqual({ kind: 'module', entry: name });
  });

  it('without an entry is refused with the names of possible entries', async () => {
    const cwd = await tempDirectory({ 'm/model.py': '' });
    await expect(packed(cwd, 'm')).rejects.toThrow(/has no entry module: .*index\.mjs.*--files m/s);
  });

  it('keeps paths that are long or not ASCII', async () => {
    const long = `${'d'.repeat(90)}/${'é'.repeat(60)}/${'f'.repeat(90)}.txt`;
    const cwd = await tempDirectory({ 'm/index.js': '', [`m/${long}`]: 'deep' });
    const { directory } = await packed(cwd, 'm');
    expect(await readFile(path.join(directory, long), 'utf8')).toBe('deep');
  });
});

describe('a command', () => {
  it('ships the existing files that it and its setup name', async () => {
    const cwd = await tempDirectory({ 'src/m.py': 'print()', 'w.bin': 'w', 'requirements.txt': '', 'other.txt': '' });
    const model = await packed(cwd, `python3 src/m.py --weights=w.bin 'a b'`, {
      setup: 'pip install -r requirements.txt',
    });
    expect(model.start).toEqual({ kind: 'command', argv: ['python3', 'src/m.py', '--weights=w.bin', 'a b'] });
    expect([...model.shipped].sort()).toEqual(['requirements.txt', 'src/m.py', 'w.bin']);
  });

  it('ships the directory of --files and starts there', async () => {
    const cwd = await tempDirectory({ 'd/m.py': '', 'd/lib/x.py': '', 'e.txt': '' });
    const model = await packed(cwd, 'python3 m.py', { files: ['d'] });
    expect(model.shipped).toEqual(['lib', 'lib/x.py', 'm.py']);
  });

  it('may be an executable file, which is started by its path', async () => {
    const cwd = await tempDirectory({ 'run-me': '#!/bin/sh' });
    await expect(packed(cwd, 'run-me')).rejects.toThrow('is not executable');
    await chmod(path.join(cwd, 'run-me'), 0o755);
    expect((await packed(cwd, 'run-me')).start).toEqual({ kind: 'command', argv: ['./run-me'] });
  });

  it('may be a program on PATH, or name files in a container', async () => {
    const cwd = await tempDirectory();
    expect((await packed(cwd, 'sh')).start).toEqual({ kind: 'command', argv: ['sh'] });
    expect((await packed(cwd, 'docker run -i image app/model.py')).shipped).toEqual([]);
  });

  it.each([
    ['nothing-of-that-name', /no file or directory .*nothing-of-that-name, and PATH has no such program/],
    ['model.ts', /The model model\.ts does not exist \(no file .*model\.ts\)/],
    ['python3 missing.py', /names missing\.py, but .* has no such file/],
    ['python3 ../up.py', /outside the current directory.*--files DIR/],
    ['python3 $HERE/abs.py', /outside the current directory.*--files DIR/],
    ['', /--model is empty/],
  ])('that cannot work is refused: %s', async (argument, message) => {
    const root = await tempDirectory({ 'up.py': '', 'here/abs.py': '' });
    const cwd = path.join(root, 'here');
    await expect(packed(cwd, argument.replace('$HERE', cwd))).rejects.toThrow(message);
  });

  it('is a filter with --per-line, whose arguments may look like scripts', async () => {
    const cwd = await tempDirectory({ 'by-year.jq': '.year' });
    const { start, shipped } = await packed(cwd, 'jq -c -f by-year.jq', { perLine: true });
    expect(start).toEqual({ kind: 'filter', argv: ['jq', '-c', '-f', 'by-year.jq'] });
    expect(shipped).toEqual(['by-year.jq']);
    expect((await packed(cwd, 'jq -c .ts', { perLine: true })).start).toMatchObject({ argv: ['jq', '-c', '.ts'] });
    await expect(packed(cwd, 'python3 filter.py', { perLine: true })).rejects.toThrow('has no such file');
  });

  it.each([
    ['model.mjs', 'a module'],
    ['folder', 'a directory'],
    ['model.py', 'a Python file'],
    ['model.py:Scorer', 'a Python file'],
  ])('is needed for --per-line: %s is refused', async (model, what) => {
    const cwd = await tempDirectory({ 'model.mjs': '', 'folder/index.js': '', 'model.py': '' });
    await expect(packed(cwd, model, { perLine: true })).rejects.toThrow(
      `--per-line needs a command as the model, but ${model} is ${what}.`,
    );
  });

  it('is refused when --files is no directory or lacks its script', async () => {
    const cwd = await tempDirectory({ 'd/x.txt': '', 'm.py': '' });
    await expect(packed(cwd, 'python3 m.py', { files: ['nope'] })).rejects.toThrow(
      '--files nope: there is no such directory',
    );
    await expect(packed(cwd, 'python3 m.py', { files: ['m.py'] })).rejects.toThrow(
      /^--files m\.py is a file .* A file that the command names is shipped without --files\.$/,
    );
    await expect(packed(cwd, 'python3 m.py', { files: ['d'] })).rejects.toThrow(
      /names m\.py, but .*\/d has no such file/,
    );
  });
});

describe('an uploaded model', () => {
  it('is sent once', async () => {
    const cwd = await tempDirectory({ 'model.js': 'export const predict = 1;' });
    const { signal } = new AbortController();
    const store = new MemoryStore();
    const model = await packageModel({ argument: 'model.js', cwd, searchPath: '' }, signal);
    expect(await uploadModel(model, store, signal)).toBe('uploaded');
    expect(await uploadModel(model, store, signal)).toBe('present');
    const stored = await store.get(modelBundleKey(model.spec.digest), { signal });
    expect(
      createHash('sha256')
        .update(stored?.body ?? '')
        .digest('hex'),
    ).toBe(model.spec.digest);
    expect(store.writes).toHaveLength(1);
    await model.dispose();
  });

  it('that a killed command has left behind is removed by another command after a day', async () => {
    const cwd = await tempDirectory({ 'model.js': 'export const predict = 1;' });
    const left = await Promise.all([0, 1].map(() => mkdtemp(path.join(os.tmpdir(), 'spotpool-model-'))));
    const [old = '', fresh = ''] = left;
    const longAgo = new Date(Date.now() - 25 * 3_600_000);
    await utimes(old, longAgo, longAgo);
    const model = await packageModel({ argument: 'model.js', cwd, searchPath: '' }, new AbortController().signal);
    await model.dispose();
    expect(existsSync(old)).toBe(false);
    expect(existsSync(fresh)).toBe(true);
    await rm(fresh, { recursive: true });
  });
});
