import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProcessGroup } from '../../../worker/process/process-group.js';
import { buildHost, type BuiltHost } from '../slot/support.js';

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
  readonly answers: readonly unknown[];
  /** Everything that the model printed, on any stream. */
  readonly log: string;
  readonly end: string;
}

/** Runs a model with the host. Writes the input at once, and ends it after the expected number of answers. */
async function talk(source: string, input: string, answers: number, name = 'model.mjs'): Promise<Talk> {
  const entry = path.join(directory, name);
  await writeFile(entry, source);
  let said = '';
  let log = '';
  const group = new ProcessGroup({
    argv: [process.execPath, host.hostPath, entry],
    cwd: directory,
    env: {},
    isHost: true,
    onStdout: (chunk) => {
      said += chunk.toString();
      if (said.split('\n').length - 1 > answers) group.stdin.end();
    },
    onStderr: (chunk) => {
      log += chunk.toString();
    },
  });
  group.stdin.write(input);
  const end = await group.ended;
  const lines = said.split('\n').slice(0, -1);
  return { answers: lines.map((line) => JSON.parse(line) as unknown), log, end };
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
    const { answers, end } = await talk(source, slice('a', { b: 1 }), 2, name);
    expect(answers).toEqual([
      { ready: true, maxSliceItems: 3, ahead: true },
      { index: 0, output: 'a' },
      { index: 1, output: { b: 1 } },
    ]);
    expect(end).toBe('exit code 0');
  });

  it('loads before it is ready, and gives the context', async () => {
    const source = `let loaded;
      export const load = async (context) => { loaded = context.job === '' && context.directory; context.log('loading'); };
      export const predict = (items, { job, signal }) => [[loaded, job, signal.aborted]];`;
    const { answers, log } = await talk(source, slice(1), 1);
    expect(answers).toEqual([
      { ready: true, ahead: true },
      { index: 0, output: [directory, 'j', false] },
    ]);
    expect(log).toBe('loading\n');
  });

  it('has a channel of its own: everything that is printed is the log, and nothing else reads the items', async () => {
    const source = `import { Console } from 'node:console';
      import { execSync } from 'node:child_process';
      import { closeSync, readFileSync, writeSync } from 'node:fs';
      console.log('at import');
      process.stdout.write('written\\n');
      const run = (command) => execSync(command, { stdio: 'inherit' });
      const isOpen = (fd) => execSync('if [ -e /dev/fd/' + fd + ' ]; then echo open; else echo closed; fi', { stdio: ['ignore', 'pipe', 'inherit'] }).toString();
      export const predict = (items) => {
        writeSync(1, 'to descriptor 1\\n');
        run("echo of a child; echo '{\\"index\\":0,\\"output\\":666}'; cat");
        new Console(process.stdout).log('own');
        return items.map(() => [readFileSync(0, 'utf8'), isOpen(3), isOpen(4)]);
      };`;
    const { answers, log, end } = await talk(source, slice(1, 2) + slice(3), 2);
    const nothing = ['', 'closed\n', 'closed\n'];
    expect(answers).toEqual([
      { ready: true, ahead: true },
      { index: 0, output: nothing },
      { index: 1, output: nothing },
      { index: 0, output: nothing },
    ]);
    const printed = 'to descriptor 1\nof a child\n{"index":0,"output":666}\nown\n';
    expect(log).toBe(`at import\nwritten\n${printed.repeat(2)}`);
    expect(end).toBe('exit code 0');
  });

  it('awaits each element of an array, and fails the items of rejected ones', async () => {
    const source = `export const predict = (items) => items.map(async (item) => {
      if (item === 1) throw 'a text';
      if (item === 2) throw new RangeError('too far');
      return item;
    });`;
    const { answers, end } = await talk(source, slice(0, 1, 2, 3), 4);
    expect(answers.slice(1)).toEqual([
      { index: 0, output: 0 },
      { index: 1, error: { code: 'ModelError', message: 'a text' } },
      { index: 2, error: { code: 'ModelError', message: 'too far' } },
      { index: 3, output: 3 },
    ]);
    expect(end).toBe('exit code 0');
  });

  it('loses no answer when the model ends the process right after it', async () => {
    const text = 'x'.repeat(3_000_000);
    const source = `export async function* predict([text]) { yield text + text; process.exit(7); }`;
    const { answers, end } = await talk(source, slice(text, 1), 99);
    expect([answers.length, end]).toEqual([2, 'exit code 7']);
    expect(answers[1]).toEqual({ index: 0, output: text + text });
  });

  it('answers each output of a generator as it comes', async () => {
    const source = `export async function* predict(items) { yield 1; await new Promise(() => {}); }`;
    expect((await talk(source, slice(1, 2), 1)).answers).toEqual([
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
    expect((await talk(source, input, 2)).answers).toEqual(
      expect.arrayContaining([
        { index: 0, output: 'waits' },
        { index: 1, output: 'opens' },
      ]),
    );
  });

  it('keeps characters that only look like the end of a line', async () => {
    const item = 'a\u2028b\u2029c\u0085d';
    const { answers } = await talk('export const predict = (items) => items;', slice(item), 1);
    expect(answers[1]).toEqual({ index: 0, output: item });
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
    const { end, log } = await talk(`export const predict = () => { ${body} };`, slice(1, 2), 99);
    expect(end).toBe('exit code 1');
    expect(log.trimEnd().split('\n').at(-1)).toContain(reason);
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
    const { end, log, answers } = await talk(source, '', 99);
    expect(end).toBe('exit code 1');
    expect(answers).toEqual([]);
    expect(log.split(reason)).toHaveLength(2); // each promise is awaited once
  });

  it('aborts the model’s signal when it is asked to end', async () => {
    const source = `export const predict = (items, { signal }) => new Promise(() => {
        signal.addEventListener('abort', () => console.log('closing'));
        process.kill(process.pid, 'SIGTERM');
      });`;
    expect(await talk(source, slice(1), 99)).toMatchObject({ end: 'exit code 143', log: 'closing\n' });
  });
});
