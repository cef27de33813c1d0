/** `spotpool rerun` and `spotpool compare` with the real CLI and real workers, and reruns whose command is killed. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeManifest } from '../../core/contract/job.js';
import { enqueuedKey, inputPartKey, manifestKey, originsKey, rerunKey } from '../../core/contract/keys.js';
import { eventually } from '../support/eventually.js';
import { Lab } from '../support/lab.js';
import { ONE_BY_ONE } from '../support/stack-lab.js';

const ITEMS = 400;
const never = { signal: new AbortController().signal };
/** Every fourth item fails, and every item that BAD names. */
const MODEL = `
const bad = (process.env.BAD ?? '').split(',').map(Number);
const isBad = (n) => (process.env.FOURTH === 'fail' && n % 4 === 0) || bad.includes(n);
export const predict = (items) =>
  items.map(({ n }) => (isBad(n) ? Object.assign(new Error('bad ' + n), { code: 'Fourth' }) : { twice: n * 2, by: process.env.BY }));
`;
const MENDED = `export const predict = (items) => items.map(({ n }) => ({ twice: n * 2 + 1e-9, by: process.env.BY }));\n`;

let lab: Lab;
beforeAll(async () => {
  lab = await Lab.start({ maxWorkers: 2 });
  await lab.file('items.jsonl', Array.from({ length: ITEMS }, (_, n) => `{"id":"m${n}","n":${n}}\n`).join(''));
  await lab.file('model.mjs', MODEL);
  await lab.file('mended.mjs', MENDED);
});
afterAll(() => lab.close());

async function ok(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await lab.cli(args);
  expect(code, stdout + stderr).toBe(0);
  return stdout;
}

async function lines(file: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(path.join(lab.directory, file), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('a rerun with real workers', () => {
  it('mends the results of a job, is rerun itself, and is compared with it', { timeout: 120_000 }, async () => {
    const first = [
      '--id',
      'first',
      '--id-field',
      'id',
      '--env',
      'FOURTH=fail',
      '--env',
      'BY=first',
      '--batch-size',
      '20',
    ];
    await ok('run', 'items.jsonl', '--model', 'model.mjs', ...ONE_BY_ONE, ...first);
    expect((await lines('items.results.jsonl')).filter((line) => line['ok'] === false)).toHaveLength(ITEMS / 4);

    // Without --model the rerun has the bundle of its parent, although the file is another one by now.
    await lab.file('model.mjs', 'throw new Error("nobody needs this file");\n');
    const second = ['--id', 'second', '--env', 'FOURTH=', '--env', 'BAD=0,8,16', '--env', 'BY=second'];
    await ok('rerun', 'first', '--code', 'Fourth', ...second);
    const half = await lines('items.results.jsonl');
    expect(half).toHaveLength(ITEMS);
    expect(half.filter((line) => line['ok'] === false).map(({ id }) => id)).toEqual(['m0', 'm8', 'm16']);
    expect(half[4]).toEqual({ index: 4, id: 'm4', ok: true, output: { twice: 8, by: 'second' } });

    const third = await ok('rerun', 'second', '--model', 'mended.mjs', '--id', 'third', '--env', 'BY=third', '--json');
    expect(third).toContain('"results-of-reruns"');
    const whole = await lines('items.results.jsonl');
    expect(whole.map(({ index }) => index)).toEqual(Array.from({ length: ITEMS }, (_, n) => n));
    expect(whole.filter((line) => line['ok'] === false)).toEqual([]);
    await ok('results', 'first', '--job-of-line', '--out', 'named.jsonl');
    expect((await lines('named.jsonl')).slice(0, 6).map(({ job }) => job)).toEqual([
      ...['third', 'first', 'first', 'first', 'second', 'first'],
    ]);

    const compared = JSON.parse(await ok('compare', 'first', 'third', '--json')) as Record<string, unknown>;
    expect(compared).toMatchObject({ indexesOf: 'first', items: { newlyOk: 3, onlyBefore: ITEMS - 3, changed: 0 } });
    await ok(
      'run',
      'items.jsonl',
      '--model',
      'mended.mjs',
      ...ONE_BY_ONE,
      '--id',
      'other',
      '--out',
      'o.jsonl',
      '--env',
      'BY=first',
    );
    const changed = await lab.cli(['compare', 'first', 'other', '--fail-on-change']);
    expect(changed.code, changed.stderr).toBe(1);
    expect(changed.stdout).toMatch(/newly ok +100/);
    expect(changed.stdout).toMatch(/output\.twice +300 items +by up to 1e-9/);
    expect(await ok('compare', 'first', 'other', '--tolerance', '1e-6')).toMatch(/equal, within 0.000001 +300/);
  });

  it('goes on after a kill at any moment of its submit, with the same items', { timeout: 120_000 }, async () => {
    // They wait for the claims of the killed commands at the same time.
    await Promise.all(MOMENTS.map((keyOf, n) => killAndGoOn(`killed-${n}`, keyOf)));
  });
});

type KeyOf = (job: string) => string;
const MOMENTS: readonly KeyOf[] = [
  (job) => rerunKey('first', job),
  originsKey,
  (job) => inputPartKey(job, 0),
  manifestKey,
  enqueuedKey,
];

/** Kills the command as soon as the bucket has the key, and gives it again. */
async function killAndGoOn(job: string, keyOf: KeyOf): Promise<void> {
  const command = ['rerun', 'first', '--items', '3,50-120,399', '--id', job, '--batch-size', '1', '--no-follow'];
  const running = lab.startCli(command);
  await eventually(() => lab.store.head(keyOf(job), never), { what: keyOf(job), everyMs: 5 });
  running.child.kill('SIGKILL');
  await running.exited;
  await ok(...command);
  const manifest = decodeManifest((await lab.store.get(manifestKey(job), never))?.body ?? '', job);
  expect(manifest).toMatchObject({ parent: 'first', dataset: { items: 73 }, batches: 73 });
  const origins = Buffer.from((await lab.store.get(originsKey(job), never))?.body ?? []).toString();
  const indexes = [3, ...Array.from({ length: 71 }, (_, at) => 50 + at), 399];
  expect(origins.trimEnd().split('\n').map(Number)).toEqual(indexes);
  expect(await lab.store.head(enqueuedKey(job), never)).toBeDefined();
  await ok('cancel', job);
}
