import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  authorizationFor,
  hostWithCredentials,
  publicUrl,
  readIndexSettings,
  withoutCredentials,
} from '../../../runner/python/indexes.js';
import { platformOf } from '../../../runner/python/detect-python.js';
import { allowsPython, findRequirements, readRequirements } from '../../../runner/python/requirements.js';
import { parseToml } from '../../../runner/python/toml.js';
import { lockFailure } from '../../../runner/python/uv-messages.js';
import { tempDirectory } from '../model/files.js';

describe('requirements', () => {
  it('are the requirements.txt beside the model, else the pyproject.toml with a uv.lock, else the named file', async () => {
    const project = '[project]\nname = "x"\nrequires-python = ">=3.11"\n';
    const cwd = await tempDirectory({
      'a/requirements.txt': '',
      'b/pyproject.toml': project,
      'b/uv.lock': '',
      'c/pyproject.toml': project,
    });
    const kind = async (folder: string): Promise<unknown> => {
      const found = await findRequirements(path.join(cwd, folder), { cwd });
      return found && [found.kind, found.name, found.requiresPython];
    };
    expect(await kind('a')).toEqual(['file', 'requirements.txt', undefined]);
    expect(await kind('b')).toEqual(['uv-lock', 'uv.lock', '>=3.11']);
    expect(await kind('c')).toBeUndefined();
    expect(await findRequirements(cwd, { cwd, given: 'c/pyproject.toml' })).toMatchObject({
      kind: 'file',
      requiresPython: '>=3.11',
    });
    await expect(findRequirements(cwd, { cwd, given: 'nope.txt' })).rejects.toThrow(
      '--requirements nope.txt: there is no such file',
    );
  });

  it.each([
    ['-e ./lib', '-e ./lib is an editable install of a local folder'],
    ['--editable=git+https://x/y', 'is an editable install'],
    ['./wheels/a.whl', './wheels/a.whl is a local path'],
    ['a @ file:///tmp/a.whl', 'is a local path'],
    ['dist/a-1.0.tar.gz', 'is a local path'],
    ['git+https://user:secret@host/a.git', 'git+https://host/a.git would be built from a repository'],
    ['a[b] @ git+ssh://git@host/a.git', 'would be built from a repository'],
    ['a @ https://host/a-1.0.tar.gz', 'is a URL of something else than a wheel'],
  ])('that cannot be locked for another machine are refused with file and line: %s', async (line, message) => {
    const cwd = await tempDirectory({
      'requirements.txt': '-r more/base.txt\n',
      'more/base.txt': `# base\nnumpy \\\n  >= 2\n${line}\n`,
    });
    const refused = readRequirements(path.join(cwd, 'requirements.txt'), 'requirements.txt');
    await expect(refused).rejects.toThrow('more/base.txt:4: ');
    await expect(refused).rejects.toThrow(message);
  });

  it('may name versions, extras, markers, hashes, indexes, constraints and URLs of wheels', async () => {
    const lines = [
      '-i https://u:p@one/simple',
      '--extra-index-url=https://two/simple',
      '-c limits.txt',
      '--pre',
      'a[b,c]>=1,<2; python_version < "3.12"',
      'd==1 --hash=sha256:00',
      'e @ https://host/e-1-py3-none-any.whl#sha256=00',
      'https://host/f-1-py3-none-any.whl',
      'g~=1.0 # /a comment',
    ];
    const cwd = await tempDirectory({ 'requirements.txt': lines.join('\n'), 'limits.txt': 'x<2\n' });
    const { indexes, allowsPrereleases, files } = await readRequirements(
      path.join(cwd, 'requirements.txt'),
      'requirements.txt',
    );
    expect({ indexes, allowsPrereleases, files: files.length }).toEqual({
      indexes: ['https://u:p@one/simple', 'https://two/simple'],
      allowsPrereleases: true,
      files: 2,
    });
  });

  it.each([
    ['>=3.11', '3.13', true],
    ['>=3.11', '3.9', false],
    ['>=3.9,<3.13', '3.13', false],
    ['>=3.9,<3.13.2', '3.13', true],
    ['~=3.11', '3.13', true],
    ['~=3.11.2', '3.13', false],
    ['==3.12.*', '3.12', true],
    ['==3.12.*', '3.13', false],
    ['!=3.13.*,>=3', '3.13', false],
    ['>3.13', '3.13', false],
    ['<4', '3.13', true],
    ['>=4', '3.13', false],
  ])('say by requires-python %s whether Python %s is allowed', (specifier, python, isAllowed) => {
    expect(allowsPython(specifier, python)).toBe(isAllowed);
  });
});

describe('package indexes', () => {
  it('are those of uv, else those of pip, with the credentials that variables give', async () => {
    const cwd = await tempDirectory({
      'pip.conf':
        '[global]\nindex-url = https://conf/simple\nextra-index-url =\n  https://b/simple\n  https://c/simple\n',
    });
    const env = { HOME: cwd, XDG_CONFIG_HOME: cwd };
    expect((await readIndexSettings({ ...env, PIP_CONFIG_FILE: path.join(cwd, 'pip.conf') })).urls).toEqual([
      'https://b/simple',
      'https://c/simple',
      'https://conf/simple',
    ]);
    expect(await readIndexSettings({ ...env, PIP_INDEX_URL: 'https://pip/simple' })).toMatchObject({
      variables: { UV_DEFAULT_INDEX: 'https://pip/simple' },
    });
    const uv = {
      UV_INDEX: 'own=https://own/simple',
      UV_INDEX_OWN_USERNAME: 'me',
      UV_INDEX_OWN_PASSWORD: 'a b',
      UV_DEFAULT_INDEX: 'https://main/simple',
    };
    expect(await readIndexSettings({ ...env, ...uv, PIP_INDEX_URL: 'https://pip/simple' })).toEqual({
      variables: {},
      urls: ['https://me:a%20b@own/simple', 'https://main/simple'],
    });
  });

  it('that need a password are found wherever they were set, because instances do not get it', async () => {
    const cwd = await tempDirectory({ 'pip.conf': '[global]\nextra-index-url = https://me:pw@conf/simple\n' });
    const hostOf = async (env: Record<string, string>): Promise<string | undefined> =>
      hostWithCredentials((await readIndexSettings({ HOME: cwd, XDG_CONFIG_HOME: cwd, ...env })).urls);
    expect(await hostOf({ PIP_CONFIG_FILE: path.join(cwd, 'pip.conf') })).toBe('conf');
    expect(await hostOf({ PIP_EXTRA_INDEX_URL: 'https://:token@extra/simple' })).toBe('extra');
    expect(await hostOf({ UV_INDEX: 'own=https://own/simple', UV_INDEX_OWN_USERNAME: 'me' })).toBe('own');
    expect(await hostOf({ UV_INDEX: 'own=https://own/simple' })).toBeUndefined();
  });

  it('give their credentials to their own host alone, and to nothing that is stored or printed', () => {
    const indexes = ['https://me:secret@own/simple'];
    expect(authorizationFor('https://own/files/a.whl', indexes)).toEqual({
      authorization: `Basic ${btoa('me:secret')}`,
    });
    expect(authorizationFor('https://other/a.whl', indexes)).toEqual({});
    expect(publicUrl('https://me:secret@own/a.whl?token=x#sha256=0')).toBe('https://own/a.whl');
    expect(withoutCredentials('failed: https://me:secret@own/simple and git+ssh://git@host/a')).toBe(
      'failed: https://own/simple and git+ssh://host/a',
    );
    const message = lockFailure('error: Could not read https://me:secret@own/simple', 'requirements.txt', {
      python: '3.13',
      platform: 'x',
    }).message;
    expect(message).not.toContain('secret');
    // uv and pip take everything up to the last @ for the password.
    expect(withoutCredentials('see https://me:p@ss@own/simple')).toBe('see https://own/simple');
    expect(withoutCredentials('https://own/simple/a@b https://own?mail=a@b')).toBe(
      'https://own/simple/a@b https://own?mail=a@b',
    );
  });

  it('that have no wheel of a package for the fleet are reported with the package and the ways out', () => {
    const stderr =
      'error: No solution found when resolving dependencies\n  cause: Because all versions of docopt have no usable wheels and you require docopt, we can conclude that your requirements are unsatisfiable.';
    expect(
      lockFailure(stderr, 'requirements.txt', { python: '3.13', platform: 'aarch64-manylinux_2_34' }).message,
    ).toMatch(
      /^requirements\.txt: docopt has no wheel for the fleet's instances \(Python 3\.13 on aarch64-manylinux_2_34\).*another version.*--setup/,
    );
  });
});

describe('the reader of TOML', () => {
  it('reads tables, arrays of tables, strings, arrays and inline tables', () => {
    const text =
      '# c\na = "x\\n\\u0041" # d\n[t."q r"]\nb = [\n  1, # e\n  \'l\\\', ]\nd = 2024-01-01T00:00:00Z\n[[p]]\nn = { u = "v", h = { s = true } }\n[[p]]\nm.k = """\none\\\n  two"""\n';
    expect(JSON.parse(JSON.stringify(parseToml(text)))).toEqual({
      a: 'x\nA',
      t: { 'q r': { b: [1, 'l\\'], d: '2024-01-01T00:00:00Z' } },
      p: [{ n: { u: 'v', h: { s: true } } }, { m: { k: 'onetwo' } }],
    });
    expect(() => parseToml('a = 1\nb "x"')).toThrow('line 2 lacks =');
  });
});

it.each([
  [{ system: 'linux', machine: 'x86_64', glibc: '2.36' }, 'x86_64-manylinux_2_36'],
  [{ system: 'linux', machine: 'aarch64', glibc: '2.45' }, 'aarch64-manylinux_2_40'],
  [{ system: 'linux', machine: 'aarch64', glibc: '2.30' }, 'aarch64-manylinux_2_28'],
  [{ system: 'linux', machine: 'x86_64', glibc: '' }, 'x86_64-unknown-linux-musl'],
  [{ system: 'darwin', machine: 'arm64', glibc: '' }, 'aarch64-apple-darwin'],
  [{ system: 'win32', machine: 'AMD64', glibc: '' }, undefined],
])('a machine %o is the platform %s', (machine, platform) => {
  expect(platformOf(machine)).toBe(platform);
});
