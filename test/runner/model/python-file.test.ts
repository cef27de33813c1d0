import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { packed, tempDirectory } from './files.js';

const MODEL = 'def predict(items):\n    return items\n';
const filesOf = ({ shipped }: { readonly shipped: readonly string[] }, kind = /\.\w+$/): readonly string[] =>
  shipped.filter((place) => kind.test(place)).toSorted();

describe('a Python file as the model', () => {
  it('is started by the host of Python, with the name behind the colon', async () => {
    const cwd = await tempDirectory({ 'a/model.py': `${MODEL}class Model:\n    def predict(self, items): pass\n` });
    expect((await packed(cwd, './a/model.py')).start).toEqual({ kind: 'python', entry: 'model.py' });
    const named = await packed(cwd, 'a/model.py:Model');
    expect(named.start).toEqual({ kind: 'python', entry: 'model.py', name: 'Model' });
    expect(named.shipped).toEqual(['model.py']);
  });

  it('is refused by a local cloud without Python, which takes other models as before', async () => {
    const cwd = await tempDirectory({ 'model.py': MODEL, 'model.mjs': 'export const predict = (items) => items;\n' });
    const packages = { env: {}, target: { isIsolated: false, isThisMachine: true } };
    await expect(packed(cwd, 'model.py', { packages })).rejects.toThrow(
      'The model model.py is a Python file, but the local cloud has no Python: no python3 was on the PATH when it was started. Install Python 3.9 or newer,',
    );
    expect((await packed(cwd, 'model.mjs', { packages })).start).toMatchObject({ kind: 'module' });
  });

  it('is shipped with the modules that it imports, with packages whole, and with nothing else of its folder', async () => {
    const cwd = await tempDirectory({
      'model.py': `import helper\nimport numpy, spotpool_model\ndef predict(items):\n    from pkg.deep import thing\n    import plain.tools\n`,
      'helper.py': 'try:\n    from other import x\nexcept ImportError: pass\n',
      'other.py': '',
      'unused.py': '',
      'data.csv': '',
      'pkg/__init__.py': 'from . import sub\n',
      'pkg/sub.py': 'from ..beside import x\n',
      'pkg/deep.py': 'import late\n',
      'pkg/words.txt': 'a',
      'pkg/__pycache__/deep.pyc': '',
      'plain/tools.py': '',
      'plain/table.bin': '',
      'late.py': '',
      '.env': 'SECRET=1',
    });
    expect(filesOf(await packed(cwd, 'model.py'))).toEqual([
      'helper.py',
      'late.py',
      'model.py',
      'other.py',
      'pkg/__init__.py',
      'pkg/deep.py',
      'pkg/sub.py',
      'pkg/words.txt',
      'plain/table.bin',
      'plain/tools.py',
    ]);
  });

  it('is shipped in its own package when it imports from it', async () => {
    const cwd = await tempDirectory({
      'src/app/__init__.py': '',
      'src/app/model.py': `from .util import x\nfrom app.more import y\n${MODEL}`,
      'src/app/util.py': '',
      'src/app/more.py': 'import beside',
      'src/beside.py': '',
      'src/never.py': '',
    });
    const model = await packed(cwd, 'src/app/model.py');
    expect(model.start).toEqual({ kind: 'python', entry: 'app/model.py' });
    expect(filesOf(model)).toEqual(['app/__init__.py', 'app/model.py', 'app/more.py', 'app/util.py', 'beside.py']);
  });

  it('is shipped with the files and folders of --files, beside the model or at their path from the current directory', async () => {
    const cwd = await tempDirectory({
      'src/model.py': MODEL,
      'src/labels.txt': '',
      'src/more/a.bin': '',
      'src/more/skipped.log': '',
      'data/table.csv': '',
      'data/other.csv': '',
    });
    const model = await packed(cwd, 'src/model.py', { files: ['src/labels.txt', 'src/more', 'data/table.csv'] });
    expect(filesOf(model)).toEqual(['data/table.csv', 'labels.txt', 'model.py', 'more/a.bin']);
    const whole = await packed(cwd, 'src/model.py', { files: ['src'] });
    expect(filesOf(whole)).toEqual(['labels.txt', 'model.py', 'more/a.bin']);
    await expect(packed(path.join(cwd, 'src'), 'model.py', { files: ['../data'] })).rejects.toThrow(
      /--files \.\.\/data is neither in the model's directory .* nor in the current one/,
    );
    await expect(packed(cwd, 'src/model.py', { files: ['nope'] })).rejects.toThrow(
      '--files nope: there is no such file',
    );
  });

  it('obeys ignore files, and names an imported file that they exclude', async () => {
    const cwd = await tempDirectory({
      'model.py': `import pkg.a\n${MODEL}`,
      'pkg/__init__.py': '',
      'pkg/a.py': '',
      'pkg/big.bin': '',
      'pkg/kept.bin': '',
      '.spotpoolignore': 'big.bin\n',
      '.gitignore': 'pkg/\n',
    });
    await mkdir(path.join(cwd, '.git'));
    const model = await packed(cwd, 'model.py');
    expect(filesOf(model)).toEqual(['model.py', 'pkg/__init__.py', 'pkg/a.py', 'pkg/kept.bin']);
    expect(model.leftOut).toEqual(['pkg/big.bin [.spotpoolignore]']);
    await writeFile(path.join(cwd, '.spotpoolignore'), 'a.py\n');
    await expect(packed(cwd, 'model.py')).rejects.toThrow(
      'The model model.py imports pkg/a.py, which is left out of the bundle (.spotpoolignore). Ship it: --ship pkg/a.py',
    );
  });

  it('is refused when a package holds a secret or a link that leads out', async () => {
    const cwd = await tempDirectory({
      'm/model.py': `import pkg\n${MODEL}`,
      'm/pkg/__init__.py': '',
      'm/pkg/.env': 'A=1',
      'out.py': '',
    });
    await symlink('../../out.py', path.join(cwd, 'm/pkg/out.py'));
    const refused = packed(cwd, 'm/model.py');
    await expect(refused).rejects.toThrow('pkg/.env (environment variables)');
    await expect(refused).rejects.toThrow('links that lead out of its directory');
    const shipped = await packed(cwd, 'm/model.py', { ship: ['m/pkg/.env', 'm/pkg/out.py'] });
    expect(filesOf(shipped)).toEqual(['model.py', 'pkg/.env', 'pkg/__init__.py', 'pkg/out.py']);
  });

  it.each([
    ['nope.py', 'The model nope.py does not exist (no file '],
    ['nope.py:Name', 'The model nope.py does not exist'],
    ['folder.py', 'The model folder.py is a directory. Give the Python file in it'],
    ['empty.py', 'The model empty.py has no function predict (it defines load, Scorer). Define predict(items)'],
    ['empty.py:Other', 'empty.py defines no class or function Other (it defines load, Scorer).'],
    ['empty.py:Scorer', 'empty.py:2: the class Scorer has no method predict. Define predict(self, items)'],
    ['empty.py:a b', 'The model "empty.py:a b" has "a b" after the colon, where the name of a class'],
    ['empty.py:', 'The model "empty.py:" has nothing after the colon'],
    ['class.py', 'class.py:1: predict is a class. Define a function predict(items)'],
  ])('is refused with a sentence that says what to do: %s', async (argument, message) => {
    const cwd = await tempDirectory({
      'folder.py/x': '',
      'empty.py': 'def load(): pass\nclass Scorer:\n    def score(self): pass\n',
      'class.py': 'class predict: pass\n',
    });
    await expect(packed(cwd, argument)).rejects.toThrow(message);
  });

  it('is believed when the syntax does not show what it defines', async () => {
    const cwd = await tempDirectory({
      'star.py': 'from other import *\n',
      'made.py': 'predict = make()\n',
      'base.py': 'class Model(Base): pass\n',
      'call.py': 'class Model:\n    def __call__(self, items): pass\n',
    });
    for (const argument of ['star.py', 'star.py:Any', 'made.py', 'base.py:Model', 'call.py:Model']) {
      expect((await packed(cwd, argument)).start).toMatchObject({ kind: 'python' });
    }
  });

  it('has the same digest in any place', async () => {
    const files = { 'model.py': `import a\n${MODEL}`, 'a.py': '', 'README.md': '' };
    const [first, second] = [await tempDirectory(files), await tempDirectory({ ...files, 'README.md': 'other' })];
    expect((await packed(first, 'model.py')).digest).toBe((await packed(second, './model.py')).digest);
    expect(await readdir(first)).toHaveLength(3);
  });
});
