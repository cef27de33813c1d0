import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildHost, type BuiltHost } from '../model/support.js';

let host: BuiltHost;
let directory: string;
beforeAll(async () => {
  host = await buildHost();
  directory = await mkdtemp(path.join(tmpdir(), 'spotpool-model-'));
});
afterAll(async () => {
  await host.remove();
  await rm(directory, { recursive: true });
});

interface Talk {
  readonly stdout: readonly unknown[];
  readonly stderr: string;
  readonly code: number | null;
}

/** Runs a model with the host; writes the input when it is ready, and ends it when as many answers came as are awaited. */
async function talk(source: string, input: string, answers: number, name = 'model.mjs'): Promise<Talk> {
  const entry = path.join(directory, name);
  await writeFile(entry, source);
  const child = spawn(process.execPath, [host.hostPath, entry], { cwd: directory });
  let stdout = '';
  let stderr = '';
  child.stdin.on('error', () => undefined);
  child.stdin.write(input);
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
    if (stdout.split('\n').length - 1 > answers) child.stdin.end();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const lines = stdout.split('\n').slice(0, -1);
  return { stdout: lines.map((line) => JSON.parse(line) as unknown), stderr, code };
}

const slice = (...items: readonly unknown[]): string =>
  `${items.map((item, index) => JSON.stringify({ index, item })).join('\n')}\n{"flush":true,"job":"j"}\n`;

describe('the host of JavaScript models', () => {
  it.each([
    ['named exports', 'export const maxSliceItems = 3; export const predict = (items) => items;', 'model.mjs'],
    ['a default export', 'export default { maxSliceItems: 3, predict: async (items) => items };', 'model.mjs'],
    [
      'a class’s instance',
      'export default new (class { maxSliceItems = 3; #f = (i) => i; predict(items) { return items.map(this.#f); } })();',
      'model.mjs',
    ],
    ['CommonJS', 'exports.maxSliceItems = 3; exports.predict = (items) => items;', 'model.cjs'],
    [
      'a generator',
      'export const maxSliceItems = 3; export async function* predict(items) { yield* items; }',
      'model.mjs',
    ],
  ])('runs a model with %s', async (_what, source, name) => {
    const { stdout, code } = await talk(source, slice('a', { b: 1 }), 2, name);
    expect(stdout).toEqual([
      { ready: true, maxSliceItems: 3, ahead: true },
      { index: 0, output: 'a' },
      { index: 1, output: { b: 1 } },
    ]);
    expect(code).toBe(0);
  });

  it('loads before it is ready, and gives the context', async () => {
    const source = `let loaded;
      export const load = async (context) => { loaded = context.job === '' && context.directory; context.log('loading'); };
      export const predict = (items, { job, signal }) => [[loaded, job, signal.aborted]];`;
    const { stdout, stderr } = await talk(source, slice(1), 1);
    expect(stdout).toEqual([
      { ready: true, ahead: true },
      { index: 0, output: [directory, 'j', false] },
    ]);
    expect(stderr).toBe('loading\n');
  });

  it('keeps its standard output for itself, from the first import on', async () => {
    const source = `import { Console } from 'node:console';
      console.log('at import');
      process.stdout.write('written\\n');
      export const predict = (items) => { console.table(items); new Console(process.stdout).log('own'); return items; };`;
    const { stdout, stderr } = await talk(source, slice(1), 1);
    expect(stdout).toEqual([
      { ready: true, ahead: true },
      { index: 0, output: 1 },
    ]);
    expect(stderr).toMatch(/^at import\nwritten\n[^]*own\n$/);
  });

  it('answers each output of a generator as it comes', async () => {
    const source = `export async function* predict(items) { yield 1; await new Promise(() => {}); }`;
    expect((await talk(source, slice(1, 2), 1)).stdout).toEqual([
      { ready: true, ahead: true },
      { index: 0, output: 1 },
    ]);
  });

  it('works on several slices at once', async () => {
    const source = `let open;
      export const predict = async ([first]) => {
        if (first === 'waits') await new Promise((resolve) => { open = resolve; });
        else open();
        return [first];
      };`;
    const input = '{"index":0,"item":"waits"}\n{"flush":true}\n{"index":1,"item":"opens"}\n{"flush":true}\n';
    expect((await talk(source, input, 2)).stdout).toEqual(
      expect.arrayContaining([
        { index: 0, output: 'waits' },
        { index: 1, output: 'opens' },
      ]),
    );
  });

  it('keeps characters that only look like the end of a line', async () => {
    const item = 'a\u2028b\u2029c\u0085d';
    const { stdout } = await talk('export const predict = (items) => items;', slice(item), 1);
    expect(stdout[1]).toEqual({ index: 0, output: item });
  });

  it.each([
    ['throws', 'throw new RangeError("too far")', 'RangeError: too far'],
    ['rejects', 'return Promise.reject(new Error("no"))', 'Error: no'],
    ['throws later', 'setTimeout(() => { throw new Error("late") }); return new Promise(() => {})', 'Error: late'],
    ['gives too few outputs', 'return [1]', 'given 2 items and gave 1 outputs'],
    ['gives too many outputs', 'return [1, 2, 3]', 'given 2 items and gave 3 outputs'],
    ['gives no list', 'return 5', 'must give an array'],
    ['ends its generator early', 'return (async function* () { yield 1; })()', 'given 2 items and gave 1 outputs'],
    ['does not end its generator', 'return (async function* () { for (;;) yield 1; })()', 'more than 2 outputs'],
  ])('ends with the reason as its last line when predict %s', async (_what, body, reason) => {
    const { code, stderr } = await talk(`export const predict = () => { ${body} };`, slice(1, 2), 99);
    expect(code).toBe(1);
    expect(stderr.trimEnd().split('\n').at(-1)).toContain(reason);
  });

  it.each([
    [
      'load throws',
      'export const load = () => { throw new Error("no weights") }; export const predict = () => [];',
      'no weights',
    ],
    ['there is no predict', 'export const other = 1;', 'must export a function predict'],
    ['load is no function', 'export const load = 1; export const predict = () => [];', 'load must be a function'],
    [
      'the limit of calls is none',
      'export const maxConcurrency = 0; export const predict = () => [];',
      'maxConcurrency must be a whole number above 0',
    ],
    [
      'the limit is no number',
      'export const maxSliceItems = 0.5; export const predict = () => [];',
      'whole number above 0',
    ],
  ])('is never ready when %s', async (_what, source, reason) => {
    const { code, stderr, stdout } = await talk(source, '', 99);
    expect(code).toBe(1);
    expect(stdout).toEqual([]);
    expect(stderr.split(reason)).toHaveLength(2); // once
  });

  it('tells the model when it is asked to end', async () => {
    const source = `export const predict = (items, { signal }) => new Promise(() => {
        signal.addEventListener('abort', () => console.log('closing'));
        process.kill(process.pid, 'SIGTERM');
      });`;
    expect(await talk(source, slice(1), 99)).toMatchObject({ code: 143, stderr: 'closing\n' });
  });
});
