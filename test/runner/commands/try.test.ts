import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BROKEN_MODELS } from '../../support/broken-models.js';
import type { FakeStack } from '../../support/fake-stack.js';
import { realProbe, type RealProbe } from '../../support/real-probe.js';
import { expectFound, stackWith } from '../../support/try-broken.js';
import { Interrupted } from '../../../runner/cli/interrupts.js';

let real: RealProbe;
let stack: FakeStack;
beforeAll(async () => {
  real = await realProbe();
});
afterAll(async () => {
  await real.remove();
});

const MODEL = `export const load = () => console.log('loading');
export const predict = (items) => items.map((item) => (item.n === 3 ? new RangeError('3 is no good') : { n: 2 * item.n, at: process.env.SPOTPOOL_PROBE }));
`;
const PROCESS = `export const predict = (items) => items.map((item) => (item.n === 5 ? process.pid : item.n));`;

beforeEach(async () => {
  stack = await stackWith({ files: { 'model.mjs': MODEL, 'process.mjs': PROCESS } }, real.probe);
});

/** One of each way to be found; test/long has all. */
const FAST = BROKEN_MODELS.filter(({ name }) =>
  /(a module that (?:exports no predict|gives too few outputs)|not on the PATH|script with line ends|is not executable|file of data|TypeScript module with a syntax)/.test(
    name,
  ),
);

describe('try', () => {
  it('prints inputs beside outputs, failed items, pace, load, memory, what is shipped, and the slots that are needed', async () => {
    expect(await stack.run('try', 'data.jsonl', '--model', './model.mjs')).toBe(0);
    const said = stack.terminal.stdout;
    expect(said).toMatch(/item\s+input\s+output\n/);
    expect(said).toContain('{"n":0,"at":"1"}');
    expect(said).toContain('1 of 16 items failed:\n  1×  ModelError: 3 is no good (first: item 3)');
    expect(said).toMatch(/\| {5}at .*model\.mjs:2:/);
    expect(said).toMatch(/sample +16 items from all over the 16 items of the dataset: 15 ok, 1 failed\n/);
    expect(said).toMatch(/shipped +1 file, \d+ B/);
    expect(said).toMatch(
      /load +[\d.]+ m?s\npace +[\d.]+ ms an item \(median [^)]+\); it\s+keeps\s+[\d.]+\s+cores\s+busy\nmemory .+\noutputs /,
    );
    expect(said).toMatch(/\n16 items at [\d.]+ ms: 1 s of one slot\.\n$/);
    expect(stack.store.writes).toEqual([]);
    expect(await real.leftOver()).toEqual([]);
  });

  it('gives programs the same as JSON', async () => {
    expect(await stack.run('try', 'data.jsonl', '--model', './model.mjs', '--items', '4', '--json')).toBe(0);
    expect(JSON.parse(stack.terminal.stdout)).toMatchObject({
      usable: true,
      ok: 4,
      items: [{ index: 1, input: { n: 1 }, ok: true, output: { n: 2 } }, { index: 4 }, { index: 8 }, { index: 12 }],
      sample: { seen: 16, isWhole: true },
      needed: { items: 16, slots: 1 },
    });
  });

  it('refuses an item whose id cannot be used, as a submit does', async () => {
    expect(await stack.run('try', 'data.jsonl', '--model', './model.mjs', '--id-field', 'n', '--items', '2')).toBe(0);
    expect(await stack.run('try', 'data.jsonl', '--model', './model.mjs', '--id-field', 'id')).toBe(2);
    expect(stack.terminal.stderr).toContain('data.jsonl, row 1: the item has no field "id" (--id-field). It has "n".');
  });

  it('with --twice computes the items again in a fresh process, and says which outputs differ', async () => {
    expect(await stack.run('try', 'data.jsonl', '--model', './process.mjs', '--twice')).toBe(1);
    expect(stack.terminal.stdout).toMatch(
      /1 of 16 items gave something else the second time:\n +item 5: \d+\n +then: \d+\n/,
    );
    expect(await stack.run('try', 'data.jsonl', '--model', './model.mjs', '--twice')).toBe(0);
    expect(stack.terminal.stdout).toContain('all 16 items gave the same again');
  });

  it('takes the options of run, and needs no stack', async () => {
    const { env, ...context } = stack.context();
    const { runCommandLine } = await import('../../../runner/cli/program.js');
    const argv = ['try', 'data.jsonl', '--model', './model.mjs', '--max-workers', '9', '--slots', '2', '--local'];
    expect(await runCommandLine(argv, { ...context, env: { PATH: env['PATH'] } })).toBe(0);
  });

  it('ends at once on Ctrl-C, and leaves no process and no file', async () => {
    stack = await stackWith(
      { files: { 'model.mjs': 'export const predict = () => new Promise(() => setTimeout(() => 0, 9e5));' } },
      real.probe,
    );
    const running = stack.run('try', 'data.jsonl', '--model', './model.mjs');
    await expect.poll(async () => (await real.leftOver()).length, { timeout: 10_000 }).toBe(1);
    stack.interrupt.abort(new Interrupted(130, 'SIGINT'));
    expect(await running).toBe(130);
    expect(await real.leftOver()).toEqual([]);
  });

  it.each(FAST)('finds $name', async (broken) => {
    await expectFound(broken, real.probe);
  });
});

it('a mistyped option is named with the one that was meant, before one that is missing', async () => {
  expect(await stack.run('run', 'data.jsonl', '--modle', './model.mjs')).toBe(2);
  expect(stack.terminal.stderr).toContain("unknown option '--modle'");
  expect(stack.terminal.stderr).toContain('Did you mean --model?');
  expect(await stack.run('run', 'data.jsonl')).toBe(2);
  expect(stack.terminal.stderr).toContain("required option '--model <model>' not specified");
});
