import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { decodeProbeMark } from '../../../core/contract/probe-mark.js';
import { runCommandLine } from '../../../runner/cli/program.js';
import type { PackagedModel } from '../../../runner/model/package-model.js';
import { type FirstTryEvent, tryFirst } from '../../../runner/submit/first-try.js';
import type { Weights } from '../../../runner/weights/weights.js';
import { tempDirectory } from '../model/files.js';
import { FakeStack } from '../../support/fake-stack.js';
import { realProbe, type RealProbe } from '../../support/real-probe.js';

let real: RealProbe;
let stack: FakeStack;
beforeAll(async () => {
  real = await realProbe();
});
afterAll(async () => {
  await real.remove();
});

beforeEach(async () => {
  stack = new FakeStack();
  stack.cwd = await tempDirectory({
    'data.jsonl': '{"n":1}\n{"n":2}\n{"n":3}\n',
    'model.mjs': 'export const predict = (items) => items.map(({ n }) => ({ n, probe: process.env.SPOTPOOL_PROBE }));',
    'weighs.mjs':
      "import { readFileSync } from 'node:fs'; const weights = readFileSync(process.env.SPOTPOOL_WEIGHTS + '/w.bin', 'utf8'); export const predict = (items) => items.map(() => weights);",
    'w.bin': 'www',
    'few.mjs': 'export const predict = (items) => items.slice(1);',
    'gpu.mjs':
      "export const load = () => { throw new Error('Found no NVIDIA driver on your system'); }; export const predict = (x) => x;",
    'silent.mjs':
      'export const load = () => new Promise(() => setTimeout(() => 0, 9e5)); export const predict = (x) => x;',
  });
  stack.probe = () => Promise.resolve(real.probe);
});

const submit = (...args: readonly string[]): Promise<number> => stack.run('submit', 'data.jsonl', '--id', 'j', ...args);
const written = (): readonly string[] => stack.store.writes.map((key) => key.replace('jobs/j/', ''));

describe('a submission to a stack that is not local', () => {
  it('tries the model first, says so in one line, and writes the pace once, before the first part', async () => {
    stack.onTick = () => new Promise(() => undefined); // the time of a trial is never up
    expect(await submit('--model', './model.mjs')).toBe(0);
    expect(stack.terminal.stdout).toMatch(
      /The model was tried on this machine first: it loaded in .+, then took .+ an item\./,
    );
    expect(written().slice(0, 3)).toEqual(['input/submit.json', 'input/probe.json', 'input/part-00000.jsonl']);
    const mark = decodeProbeMark(stack.store.text('jobs/j/input/probe.json') ?? '');
    expect(mark).toMatchObject({ version: 1, items: 3 });
    expect(mark?.msPerItem).toBeGreaterThan(0);
    stack.terminal.stdout = '';
    expect(await submit('--model', './model.mjs')).toBe(0);
    expect(stack.terminal.stdout).not.toContain('tried');
  });

  it('refuses a model that would fail on every instance, and sends nothing', async () => {
    stack.onTick = () => new Promise(() => undefined);
    expect(await submit('--model', './few.mjs')).toBe(2);
    expect(stack.terminal.stderr).toMatch(
      /has a fault that every instance would meet\..+gave \d outputs.+Nothing was sent.+--no-try/,
    );
    expect(stack.store.writes).toEqual([]);
    expect(await submit('--model', './few.mjs', '--no-try')).toBe(0);
  });

  it('tells what only this machine lacks, and goes on', async () => {
    stack.onTick = () => new Promise(() => undefined);
    expect(await submit('--model', './gpu.mjs')).toBe(0);
    expect(stack.terminal.stdout).toMatch(/does not work here\. The model needs a GPU.+The submission goes on\./);
    expect(written()).not.toContain('input/probe.json');
  });

  it('goes on without a pace when the model has not answered within 20 s', async () => {
    // The clock of the fake stack passes at once.
    expect(await submit('--model', './silent.mjs')).toBe(0);
    expect(stack.terminal.stdout).toContain('gave no answer within 20 s');
    expect(await real.leftOver()).toEqual([]);
  });

  it('gives the model weights of this machine, and skips those in S3 with one line', async () => {
    stack.onTick = () => new Promise(() => undefined);
    expect(await submit('--model', './weighs.mjs', '--weights', 'w.bin')).toBe(0);
    expect(stack.terminal.stdout).toContain('The model was tried on this machine first: it loaded in');
    stack.probe = () => Promise.reject(new Error('tried'));
    const list = async function* () {
      yield { key: 'w/a.bin', size: 3, etag: '"e"' };
    };
    stack.broken = { sources: { list, head: async () => undefined, stream: () => Readable.from([]) } };
    expect(await submit('--model', './weighs.mjs', '--weights', 's3://theirs/w/', '--id', 'k')).toBe(0);
    expect(stack.terminal.stdout).toContain('not tried on this machine first: its weights are in the bucket theirs,');
  });

  it('skips weights of more than 1 GiB with one line', async () => {
    const model = { spec: { name: 'm', digest: 'd', start: { kind: 'module', entry: 'm.mjs' } } } as PackagedModel;
    const weights = { spec: { name: 'w', digest: 'd', files: 1, bytes: 1024 ** 3 + 1 } } as Weights;
    const { env, cwd, clock, signal, probe } = stack.context();
    const options = { slots: 1, concurrency: 1, maxAttempts: 3, itemTimeoutSeconds: 60, env: {} };
    const said: string[] = [];
    const request = { model, weights, kind: 'lines', items: [], options, cwd, env } as const;
    const hooks = { onEvent: ({ message }: FirstTryEvent) => said.push(message), signal };
    expect(await tryFirst(request, { probe, clock }, hooks)).toBeUndefined();
    expect(said).toEqual([
      'The model is not tried on this machine first: its weights are larger than 1 GiB. spotpool try loads them.',
    ]);
  });

  it('leaves the trial out with --no-try, with SPOTPOOL_NO_TRY=1, and where an endpoint is configured', async () => {
    stack.probe = () => Promise.reject(new Error('tried'));
    expect(await submit('--model', './few.mjs', '--no-try')).toBe(0);
    expect(stack.terminal.stdout).toContain('not tried on this machine first (--no-try)');
    const context = stack.context();
    const argv = ['submit', 'data.jsonl', '--model', './few.mjs'];
    expect(await runCommandLine(argv, { ...context, env: { ...context.env, SPOTPOOL_NO_TRY: '1' } })).toBe(0);
    stack.config = { ...stack.config, endpoint: 'http://127.0.0.1:1' };
    stack.terminal.stdout = '';
    const env = { ...context.env, SPOTPOOL_ENDPOINT: 'http://127.0.0.1:1' };
    expect(await runCommandLine(argv, { ...stack.context(), env })).toBe(0);
    expect(stack.terminal.stdout).not.toContain('tried');
  });
});
