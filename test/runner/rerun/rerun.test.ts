import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeManifest } from '../../../core/contract/job.js';
import { inputPartKey, keptPartKey, manifestKey, originsKey, rerunKey } from '../../../core/contract/keys.js';
import { computeWith } from '../../support/computing-stack.js';
import { FakeStack } from '../../support/fake-stack.js';
import { RecordingTerminal } from '../../support/recording-terminal.js';

const ITEMS = 20;

let stack: FakeStack;
beforeEach(async () => {
  stack = new FakeStack();
  stack.cwd = await mkdtemp(path.join(os.tmpdir(), 'spotpool-rerun-'));
  const items = Array.from({ length: ITEMS }, (_, n) => `{"id":"m${n}","n":${n}.0}\n`);
  await writeFile(path.join(stack.cwd, 'data.jsonl'), items.join(''));
  await writeFile(path.join(stack.cwd, 'mended.mjs'), 'export const predict = (items) => items.slice();\n');
  // An item fails when FAIL names its number.
  computeWith(stack, (json, { options }) => {
    const n = String(numberOf(json));
    if ((options.env['FAIL'] ?? '').split(',').includes(n)) return undefined;
    return `{"n":${n},"round":"${options.env['ROUND'] ?? 'first'}"}`;
  });
});
afterEach(() => rm(stack.cwd, { recursive: true }));

const numberOf = (json: string): number => Number(/"n":(\d+)/.exec(json)?.[1]);
const manifest = (job: string) => decodeManifest(stack.store.text(manifestKey(job)) ?? '', job);

async function spotpool(...argv: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  stack.terminal = new RecordingTerminal();
  // The instances in memory give no sign of life, so that a later job would take the earlier ones for failed boots.
  stack.instances = [];
  const code = await stack.run(...argv);
  const { stdout, stderr } = stack.terminal;
  return { code, stdout, stderr };
}

const run = (fail: string, ...more: readonly string[]) =>
  spotpool(
    ...[
      'run',
      'data.jsonl',
      '--model',
      'cat',
      '--per-line',
      '--id',
      'first',
      '--batch-size',
      '3',
      '--env',
      `FAIL=${fail}`,
    ],
    ...more,
  );

async function lines(file = 'data.results.jsonl'): Promise<Record<string, unknown>[]> {
  const text = await readFile(path.join(stack.cwd, file), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
const roundOf = (line: Record<string, unknown> | undefined): unknown =>
  (line?.['output'] as Record<string, unknown> | undefined)?.['round'];

describe('spotpool rerun', () => {
  it('computes the failed items again with the parent’s own model, and writes the results of the whole dataset', async () => {
    await run('3,5,19', '--id-field', 'id', '--keep', 'n');
    const { code, stdout } = await spotpool('rerun', 'first', '--id', 'second', '--env', 'FAIL=5', '--env', 'ROUND=2');
    expect(code, stdout + stack.terminal.stderr).toBe(0);
    expect(stdout).toContain('3 of the 20 items of job first are computed again with its own model cat.');
    expect(stack.store.text(originsKey('second'))).toBe('3\n5\n19\n');
    // The text of items, ids and kept fields is copied as it is.
    expect(stack.store.text(inputPartKey('second', 0))).toBe(
      [3, 5, 19].map((n) => `{"id":"m${n}","n":${n}.0}\n`).join(''),
    );
    expect(stack.store.text(keptPartKey('second', 0))).toBe(
      [3, 5, 19].map((n) => `{"id":"m${n}","kept":{"n":${n}.0}}\n`).join(''),
    );
    const found = await lines();
    expect(found.map(({ index }) => index)).toEqual(Array.from({ length: ITEMS }, (_, n) => n));
    expect(found.map(({ id }) => id)).toEqual(Array.from({ length: ITEMS }, (_, n) => `m${n}`));
    expect(found.flatMap((line) => (roundOf(line) === '2' ? [line['index']] : []))).toEqual([3, 19]);
    expect(found.filter(({ ok }) => ok === false).map(({ index }) => index)).toEqual([5]);
    expect(stdout).toContain('3 results are from the rerun second.');
    const meta = await readFile(path.join(stack.cwd, 'data.results.jsonl.meta.json'), 'utf8');
    expect(JSON.parse(meta)).toMatchObject({
      job: 'first',
      provenance: {
        model: { name: 'cat' },
        options: { env: { FAIL: '(hidden)' } },
        reruns: [
          {
            job: 'second',
            model: { name: 'cat', digest: manifest('second')?.model.digest },
            options: { env: { FAIL: '(hidden)', ROUND: '(hidden)' } },
            createdBy: 'tester',
          },
        ],
      },
    });
    expect(manifest('second')).toMatchObject({
      parent: 'first',
      model: { digest: manifest('first')?.model.digest },
      dataset: { name: 'data.jsonl', items: 3, identity: { idField: 'id', keep: ['n'] } },
      options: { env: { FAIL: '5', ROUND: '2' } },
    });
  });

  it('says in JSON of which job it is a rerun, through which its results show, and what they are', async () => {
    await run('3,5');
    const followed = await spotpool('rerun', 'first', '--id', 'second', '--env', 'FAIL=', '--json');
    expect(JSON.parse(followed.stdout.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
      job: 'second',
      rerunOf: { job: 'first', first: 'first' },
      summary: { job: 'second', items: { total: 2, ok: 2 } },
      results: { job: 'first', file: 'data.results.jsonl', ok: ITEMS, failed: 0 },
    });
    const sent = await spotpool('rerun', 'second', '--id', 'third', '--items', '0', '--no-follow', '--json');
    expect(JSON.parse(sent.stdout)).toMatchObject({
      job: 'third',
      items: 1,
      controlled: false,
      rerunOf: { job: 'second', first: 'first' },
    });
  });

  it('works on a rerun, whose results show through the whole chain', async () => {
    await run('1,2,3,4');
    await spotpool('rerun', 'first', '--id', 'second', '--env', 'FAIL=2,4', '--env', 'ROUND=2');
    const third = await spotpool('rerun', 'second', '--id', 'third', '--env', 'FAIL=4', '--env', 'ROUND=3');
    expect(third.stdout).toContain('2 of the 4 items of job second are computed again');
    expect(third.stdout).toContain('The results show through job first.');
    // The origins are indexes of the parent, which is a rerun itself.
    expect(stack.store.text(originsKey('third'))).toBe('1\n3\n');
    const found = await lines();
    expect([1, 2, 3, 4].map((n) => roundOf(found[n]))).toEqual(['2', '3', '2', undefined]);
    const named = await spotpool('results', 'first', '--job-of-line', '--out', 'named.jsonl');
    expect(named.code).toBe(0);
    expect((await lines('named.jsonl')).slice(0, 5).map(({ job }) => job)).toEqual([
      'first',
      'second',
      'third',
      'second',
      'third',
    ]);
    expect(named.stdout).toContain('To compute the failed items again: spotpool rerun first\n');
    const own = await spotpool('results', 'third', '--out', 'own.jsonl');
    expect(own.code).toBe(0);
    expect((await lines('own.jsonl')).map(({ index, ok }) => [index, ok])).toEqual([
      [0, true],
      [1, false],
    ]);
    expect((await spotpool('errors', 'first')).stdout).toContain('1 of 20 finished items of job first failed.');
    expect((await spotpool('status', 'first')).stdout).toMatch(/reruns +second/);
    expect((await spotpool('status', 'third')).stdout).toMatch(/rerun of +second/);
  });

  it('takes the items of an error code, or those that are named', async () => {
    await run('5,6,10,11');
    await spotpool('rerun', 'first', '--id', 'round', '--code', 'Round', '--no-follow');
    expect(stack.store.text(originsKey('round'))).toBe('5\n10\n');
    await spotpool('rerun', 'first', '--id', 'named', '--items', '17,0-1', '--no-follow');
    expect(stack.store.text(originsKey('named'))).toBe('0\n1\n17\n');
    await spotpool('rerun', 'first', '--id', 'both', '--items', '6-10', '--failed', '--no-follow');
    expect(stack.store.text(originsKey('both'))).toBe('6\n10\n');
  });

  it('takes another model, and keeps every other option of the parent', async () => {
    await run('3', '--max-attempts', '7', '--setup', 'true');
    await spotpool(
      'rerun',
      'first',
      '--id',
      'second',
      '--model',
      'mended.mjs',
      '--item-timeout',
      '5',
      '--name',
      'a try',
    );
    expect(manifest('second')).toMatchObject({
      name: 'a try',
      model: { name: 'mended.mjs', setup: 'true' },
      options: { maxAttempts: 7, itemTimeoutSeconds: 5, env: { FAIL: '3' } },
    });
  });

  it('tells programs and people when there is nothing to compute again', async () => {
    await run('');
    expect(await spotpool('rerun', 'first')).toMatchObject({
      code: 0,
      stdout: 'No item of job first failed, so there is nothing to compute again.\n',
    });
    expect((await spotpool('rerun', 'first', '--json')).stdout).toContain('{"items":0,"reason":"No item of job first');
    const mistyped = await spotpool('rerun', 'first', '--code', 'Rund');
    expect(mistyped).toMatchObject({ code: 1, stdout: '' });
    expect(mistyped.stderr).toContain('No item of job first failed with Rund');
  });

  it('names the codes that there are when the given one is mistyped', async () => {
    await run('5,6,7');
    expect((await spotpool('rerun', 'first', '--code', 'Rund')).stderr).toContain(
      'The failed items have: Odd (2), Round (1).',
    );
  });

  it('leaves out items that could not be read when they were submitted', async () => {
    await writeFile(path.join(stack.cwd, 'data.jsonl'), '{"n":0}\nnot json\n{"n":2}\n');
    await run('2');
    await spotpool('rerun', 'first', '--id', 'second', '--no-follow');
    expect(stack.store.text(originsKey('second'))).toBe('2\n');
    await spotpool('cancel', 'second');
    await spotpool('rerun', 'first', '--id', 'third', '--env', 'FAIL=');
    const nothing = await spotpool('rerun', 'first');
    expect(nothing.code).toBe(0);
    expect(nothing.stdout).toContain('1 failed item of job first could not be read when the dataset was submitted');
  });

  it('works over a folder of files, whose items are references to objects', async () => {
    await mkdir(path.join(stack.cwd, 'files'));
    for (const n of [0, 1, 2]) await writeFile(path.join(stack.cwd, 'files', `f${n}.bin`), Buffer.from([n, 0, 255]));
    computeWith(stack, (json, { parent }) => (parent === undefined && json.includes('f1.bin') ? undefined : json));
    const files = [
      'files/',
      '--model',
      'cat',
      '--per-line',
      '--id',
      'first',
      '--id-field',
      'name',
      '--out',
      'out.jsonl',
    ];
    await spotpool('run', ...files, '--format', 'files');
    const { code, stderr } = await spotpool('rerun', 'first', '--id', 'second', '--out', 'out.jsonl');
    expect(code, stderr).toBe(0);
    const [, line] = (stack.store.text(inputPartKey('first', 0)) ?? '').split('\n');
    expect(stack.store.text(inputPartKey('second', 0))).toBe(`${line}\n`);
    expect(manifest('second')?.dataset).toMatchObject({ kind: 'objects', items: 1, identity: { idField: 'name' } });
    const found = await lines('out.jsonl');
    expect(found.map(({ id, ok }) => [id, ok])).toEqual([0, 1, 2].map((n) => [`f${n}.bin`, true]));
  });

  it('has its column in every form of the results', async () => {
    await run('1');
    await spotpool('rerun', 'first', '--id', 'second', '--env', 'FAIL=');
    await spotpool('results', 'first', '--job-of-line', '--out', 'named.csv');
    const csv = (await readFile(path.join(stack.cwd, 'named.csv'), 'utf8')).split('\n').slice(0, 4);
    expect(csv.map((row) => row.split(',').at(-1))).toEqual(['job', 'first', 'second', 'first']);
    const parquet = await spotpool('results', 'first', '--job-of-line', '--out', 'named.parquet');
    expect(parquet.stdout).toMatch(/job (string|text|utf8)/i);
  });

  it.each([
    [['first', '--items', '20'], 2, /--items names item 20, but job first has 20 items: their indexes are 0 to 19\./],
    [['first', '--items', '3-1'], 2, /It must be indexes and ranges of indexes/],
    [['first', '--files', '.'], 2, /--files: without --model the rerun has the model of its parent/],
    [['first', '--id', 'first'], 2, /cannot be a rerun of itself/],
    [['first', '--id', 'other'], 2, /Job other exists already and is no rerun of job first/],
    [['first', '--out', '-'], 2, /--out - does not work with rerun/],
    [['nobody'], 2, /There is no job nobody/],
  ])('refuses %j before anything is written', async (argv, code, message) => {
    await stack.plantJob('other', 1);
    await stack.plantJob('first', ITEMS / 2);
    const commit = FakeStack.prototype.commit.bind(stack);
    for (let batch = 0; batch < ITEMS / 2; batch++) await commit('first', batch, 1);
    const before = stack.store.writes.length;
    const refused = await spotpool('rerun', ...argv);
    expect(refused.code).toBe(code);
    expect(refused.stderr).toMatch(message);
    expect(stack.store.writes).toHaveLength(before);
  });

  it('refuses a parent that still runs, and says what to do', async () => {
    await spotpool('submit', 'data.jsonl', '--model', 'cat', '--per-line', '--id', 'first');
    const refused = await spotpool('rerun', 'first');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('Job first has not ended (it is running)');
    expect(refused.stderr).toContain('spotpool watch first');
    expect(refused.stderr).toContain('spotpool cancel first');
  });

  it('says in the results of the parent that a rerun has not ended', async () => {
    await run('3,4,5,6');
    await spotpool('rerun', 'first', '--id', 'second', '--env', 'FAIL=', '--batch-size', '2', '--no-follow');
    await stack.commit('second', 0);
    const { stdout } = await spotpool('results', 'first', '--force');
    expect(stdout).toContain('2 results are from the rerun second. That rerun has not ended, so it may bring more.');
    expect((await lines()).filter(({ ok }) => ok === false).map(({ index }) => index)).toEqual([5, 6]);
    const another = await spotpool('rerun', 'first', '--no-follow');
    expect(another.stdout).toContain('Job second, a rerun of the same dataset, has not ended.');
  });

  it('lets the exit code of the results be that of the merged ones', async () => {
    const all = Array.from({ length: ITEMS }, (_, n) => n).join(',');
    expect((await run(all, '--max-failed', '10')).code).toBe(3);
    // The job was ended early, so that some items have no result at all.
    await spotpool('rerun', 'first', '--id', 'second', '--items', '0-19', '--env', 'FAIL=0,1', '--max-failed', '100%');
    expect((await spotpool('results', 'first', '--force')).code).toBe(0);
    expect(await lines()).toHaveLength(ITEMS);
  });
});

describe('a rerun whose command is stopped', () => {
  const rerun = () => spotpool('rerun', 'first', '--id', 'second', '--env', 'FAIL=', '--no-follow');

  it('goes on with the same command, from every write on, and computes the same items', async () => {
    await run('3,5,19');
    const keys = stack.store.writes.length;
    await rerun();
    const whole = new Map([...stack.store.objects].map(([key, { body }]) => [key, body.toString()]));
    const writes = stack.store.writes.slice(keys);
    expect(writes.indexOf(rerunKey('first', 'second'))).toBeLessThan(writes.indexOf(manifestKey('second')));
    for (let stopAt = 0; stopAt < writes.length; stopAt++) {
      for (const key of [...stack.store.objects.keys()]) {
        if (key.startsWith('jobs/second/') || key === rerunKey('first', 'second')) stack.store.objects.delete(key);
      }
      let written = 0;
      stack.store.beforeWrite = () => {
        if (written++ === stopAt) throw new Error('stopped');
      };
      await rerun();
      stack.store.beforeWrite = () => undefined;
      expect((await rerun()).code, `stopped before write ${stopAt}, ${writes[stopAt]}`).toBe(0);
      for (const key of [originsKey('second'), inputPartKey('second', 0)]) {
        expect(stack.store.text(key)).toBe(whole.get(key));
      }
      expect(manifest('second')).toMatchObject({ parent: 'first', dataset: { items: 3 } });
    }
  });

  it('has the same items although another rerun has mended some of them meanwhile', async () => {
    await run('3,5,19');
    stack.store.beforeWrite = (key) => {
      if (key === manifestKey('second')) throw new Error('stopped');
    };
    await rerun();
    stack.store.beforeWrite = () => undefined;
    await spotpool('rerun', 'first', '--id', 'third', '--items', '3', '--env', 'FAIL=');
    expect((await rerun()).code).toBe(0);
    expect(stack.store.text(originsKey('second'))).toBe('3\n5\n19\n');
  });

  it('refuses to go on with other items', async () => {
    await run('3,5,19');
    await rerun();
    const other = await spotpool('rerun', 'first', '--id', 'second', '--items', '3', '--no-follow');
    expect(other.code).toBe(2);
    expect(other.stderr).toContain('An earlier command has begun the rerun second with other items (--failed).');
  });
});
