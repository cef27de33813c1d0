/** Runs whole jobs of a Python model as its author does: from a folder with `requirements.txt`, with the real uv and the real package index. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliResult, cliEntry, RunningCli } from '../support/cli.js';
import { installPacked, packedEntry } from '../support/packed.js';
import { findPythons } from '../support/pythons.js';

const MODEL = `
import sys
import numpy
import orjson
def predict(items):
    for item in items:
        yield {
            "sum": int(numpy.array(item).sum()),
            "text": orjson.dumps(item).decode(),
            "python": "%d.%d" % sys.version_info[:2],
            "prefix": sys.prefix,
            "files": [numpy.__file__, orjson.__file__],
        }
`;
/** Nothing listens on the port of this address. */
const NOWHERE = 'http://127.0.0.1:9';
/** The index stays the one that the cache knows, but no request gets there. */
const UNREACHABLE = {
  HTTPS_PROXY: NOWHERE,
  HTTP_PROXY: NOWHERE,
  ALL_PROXY: NOWHERE,
  NO_PROXY: '127.0.0.1',
  UV_HTTP_RETRIES: '0',
};
const MINUTES = 60_000;
const pythons = findPythons();

/** All files of the tests: models, programs, caches, and what the local clouds write. */
let directory: string;
let packing: Promise<void>;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'spotpool-job-'));
  const packed = path.join(directory, 'packed');
  await mkdir(packed);
  const { PATH = '', HOME = '' } = process.env;
  packing = installPacked(packed, { PATH, HOME });
  packing.catch(() => undefined); // the first test of the tarball awaits it
});
afterAll(async () => {
  await packing;
  await rm(directory, { recursive: true, force: true });
});

const entries = {
  'a checkout': async () => [cliEntry],
  'the packed tarball': async () => {
    await packing;
    return [packedEntry(path.join(directory, 'packed'))];
  },
} as const;

/** Runs the job in a folder of its own, on a laptop whose `python3` is the given interpreter. The laptop's caches are those of the first job. */
async function runJob(
  python: string,
  from: keyof typeof entries,
  variables: Readonly<Record<string, string>> = {},
): Promise<CliResult & { readonly outputs: readonly Record<string, unknown>[]; readonly files: readonly string[] }> {
  const folder = await mkdtemp(path.join(directory, 'laptop-'));
  const [model, programs, temporary] = ['model', 'bin', 'tmp'].map((name) => path.join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const name of [model, programs, temporary]) await mkdir(name);
  await symlink(python, path.join(programs, 'python3'));
  await writeFile(path.join(model, 'model.py'), MODEL);
  await writeFile(path.join(model, 'requirements.txt'), 'numpy\norjson\n');
  await writeFile(path.join(model, 'items.jsonl'), '[1,2]\n[3,4]\n[5,6]\n');
  const argv = ['run', 'items.jsonl', '--model', './model.py', '--local', '--max-workers', '1'];
  const env = {
    // The settings of the package index are the developer's own.
    ...process.env,
    PATH: [programs, process.env['PATH'] ?? ''].join(path.delimiter),
    XDG_CACHE_HOME: path.join(directory, 'cache'),
    SPOTPOOL_HOME: path.join(folder, 'state'),
    TMPDIR: temporary,
    ...variables,
  };
  const child = spawn(process.execPath, [...(await entries[from]()), ...argv], { cwd: model, env });
  const end = await new RunningCli(child).exited;
  expect(end.code, end.stdout + end.stderr).toBe(0);
  const results = (await readFile(path.join(model, 'items.results.jsonl'), 'utf8')).trimEnd().split('\n');
  return {
    ...end,
    outputs: results.map((line) => (JSON.parse(line) as { readonly output: Record<string, unknown> }).output),
    files: (await readdir(model)).sort(),
  };
}

describe.each([pythons[0], pythons.at(-1)].filter((python) => python !== undefined))(
  'a model with numpy and orjson, from a folder with requirements.txt and nothing else, under Python $version',
  ({ version, path: python }) => {
    it.each(['a checkout', 'the packed tarball'] as const)(
      'runs on the local cloud from %s',
      { timeout: 5 * MINUTES },
      async (from) => {
        const { outputs, files, stdout } = await runJob(python, from);
        expect(outputs).toMatchObject([
          { sum: 3, text: '[1,2]', python: version },
          { sum: 7, text: '[3,4]', python: version },
          { sum: 11, text: '[5,6]', python: version },
        ]);
        const { prefix, files: imported } = outputs[0] as { readonly prefix: string; readonly files: string[] };
        expect(prefix).toMatch(/\/m\/\w{8}\/env$/);
        expect(imported.map((file) => file.startsWith(`${prefix}/lib/`))).toEqual([true, true]);
        expect(stdout).toContain(`are locked for Python ${version} on `);
        expect(stdout).toContain('3 wheels');
        expect(files).toEqual([
          'items.jsonl',
          'items.results.jsonl',
          'items.results.jsonl.meta.json',
          'model.py',
          'requirements.txt',
        ]);
      },
    );

    it('runs once more while no package index can be reached', { timeout: 5 * MINUTES }, async () => {
      const { outputs, stdout } = await runJob(python, 'a checkout', UNREACHABLE);
      expect(outputs).toMatchObject([
        { sum: 3, python: version },
        { sum: 7, python: version },
        { sum: 11, python: version },
      ]);
      expect(stdout).toContain("No package index could be reached, so the lock is made from uv's cache.");
    });
  },
);
