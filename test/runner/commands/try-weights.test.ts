import { truncate } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ObjectChanged } from '../../../core/contract/object-store.js';
import { runCommandLine } from '../../../runner/cli/program.js';
import type { SourceObjects } from '../../../runner/dataset/ports.js';
import type { FakeStack } from '../../support/fake-stack.js';
import { MemoryStore } from '../../support/memory-store.js';
import { realProbe, type RealProbe } from '../../support/real-probe.js';
import { stackWith } from '../../support/try-broken.js';

let real: RealProbe;
beforeAll(async () => {
  real = await realProbe();
});
afterAll(async () => {
  await real.remove();
});

const SIZES = `import { readdirSync, readFileSync, statSync } from 'node:fs';
const folder = process.env.SPOTPOOL_WEIGHTS;
export const predict = (items) => items.map(() => readdirSync(folder).sort().map((name) => name + ' ' + statSync(folder + '/' + name).size).join());
`;
const READS = `import { readFileSync } from 'node:fs';
export const load = () => readFileSync(process.env.SPOTPOOL_WEIGHTS + '/other.bin');
export const predict = (items) => items;
`;

const tried = async (stack: FakeStack, ...argv: readonly string[]) => ({
  code: await stack.run('try', 'data.jsonl', '--items', '2', ...argv),
  said: stack.terminal.stdout + stack.terminal.stderr,
});

it('gives a model the weights of this machine, larger than one range, and leaves nothing behind', async () => {
  const stack = await stackWith(
    { files: { 'm.mjs': SIZES, 'w/a.bin': 'aaa', 'w/same.bin': 'aaa', 'w/b.bin': 'b' } },
    real.probe,
  );
  await truncate(path.join(stack.cwd, 'w/b.bin'), 17 * 1024 * 1024);
  const { code, said } = await tried(stack, '--model', './m.mjs', '--weights', 'w');
  expect(said).toContain('"a.bin 3,b.bin 17825792,same');
  expect(said).toMatch(/\nweights +3 files, 17\.8 MB\n/);
  expect({ code, writes: stack.store.writes, left: await real.leftOver() }).toEqual({ code: 0, writes: [], left: [] });
});

it('names a file that is not among the weights', async () => {
  const stack = await stackWith({ files: { 'm.mjs': READS, 'w.bin': 'w' } }, real.probe);
  const { code, said } = await tried(stack, '--model', './m.mjs', '--weights', 'w.bin');
  expect(said).toMatch(
    /needs a file that is not among its weights: m\.mjs, line 2: .*'\$SPOTPOOL_WEIGHTS\/other\.bin'.*--weights/,
  );
  expect(code).toBe(2);
});

it('says when the stack has another Python than this machine', async () => {
  const stack = await stackWith({ files: { 'm.py': 'def predict(items): return items\n' } }, real.probe);
  const { env, ...context } = stack.context();
  const argv = ['try', 'data.jsonl', '--items', '2', '--model', './m.py'];
  const run = (python: string): Promise<number> =>
    runCommandLine(argv, { ...context, env: { ...env, SPOTPOOL_PYTHON_VERSION: python } });
  expect(await run('3.99')).toBe(0);
  expect(stack.terminal.stderr).toMatch(/The stack has Python 3\.99, and this machine has 3\.\d+\./);
});

it('refuses weights that do not exist', async () => {
  const stack = await stackWith({ files: { 'm.mjs': SIZES } }, real.probe);
  const { code, said } = await tried(stack, '--model', './m.mjs', '--weights', 'none');
  expect(said).toContain('The weights none do not exist');
  expect(code).toBe(2);
});

it('reads weights of an s3:// prefix as they were listed, and says when one has changed', async () => {
  const { signal } = new AbortController();
  const bucket = new MemoryStore();
  await bucket.put('e5/a.bin', 'aaa', { signal });
  let isReplaced = false;
  const sources: SourceObjects = {
    head: async () => undefined,
    list: (_, prefix) => bucket.list(prefix, { signal }),
    stream: async function* (_, key, ended, part = {}) {
      if (isReplaced) await bucket.put('e5/a.bin', 'abc', { signal });
      const { etag } = (await bucket.head(key, { signal })) ?? {};
      if (part.ifMatch !== etag) throw new ObjectChanged(key);
      yield* bucket.stream(key, { ...part, signal: ended });
    },
  };
  const stack = await stackWith({ files: { 'm.mjs': SIZES } }, real.probe);
  const argv = ['try', 'data.jsonl', '--items', '2', '--model', './m.mjs', '--weights', 's3://theirs/e5/'];
  const run = (): Promise<number> => runCommandLine(argv, { ...stack.context(), sources: () => sources });
  expect(await run()).toBe(0);
  expect(stack.terminal.stdout).toContain('"a.bin 3"');
  isReplaced = true;
  expect(await run()).toBe(2);
  expect(stack.terminal.stdout).toMatch(
    /The weights s3:\/\/theirs\/e5\/ cannot be used\. The file a\.bin has changed since it was listed: s3:\/\/theirs\/e5\/a\.bin has another ETag\. Run the command again\./,
  );
});
