import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeManifest, type Manifest } from '../../../core/contract/job.js';
import { manifestKey } from '../../../core/contract/keys.js';
import { computeWith } from '../../support/computing-stack.js';
import { FakeStack } from '../../support/fake-stack.js';
import { faultsOf } from '../../support/record-schema.js';
import { RecordingTerminal } from '../../support/recording-terminal.js';

let stack: FakeStack;
beforeEach(async () => {
  stack = new FakeStack();
  stack.cwd = await mkdtemp(path.join(os.tmpdir(), 'spotpool-series-'));
  await data(6);
  // An item fails at depth 5 when its number is above LR.
  computeWith(stack, (json, { options: { env } }) => {
    const n = Number(/\d+/.exec(json)?.[0]);
    if (env['DEPTH'] === '5' && n > Number(env['LR'])) return undefined;
    return `{"score":${n * Number(env['LR'] ?? 1)}}`;
  });
});
afterEach(() => rm(stack.cwd, { recursive: true }));

const data = (items: number): Promise<void> =>
  writeFile(path.join(stack.cwd, 'data.jsonl'), Array.from({ length: items }, (_, n) => `{"n":${n}}\n`).join(''));

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function spotpool(...argv: readonly string[]): Promise<Ran> {
  stack.terminal = new RecordingTerminal();
  const code = await stack.run(...argv);
  return { code, stdout: stack.terminal.stdout, stderr: stack.terminal.stderr };
}

const submit = (...argv: readonly string[]): Promise<Ran> =>
  spotpool('submit', 'data.jsonl', '--model', 'cat', '--per-line', '--batch-size', '2', ...argv);

const manifest = (job: string): Manifest | undefined => decodeManifest(stack.store.text(manifestKey(job)) ?? '', job);

const jobs = (): readonly string[] =>
  [...stack.store.objects.keys()].flatMap((key) => /^jobs\/([^/]+)\/job\.json$/.exec(key)?.[1] ?? []).sort();

const finish = async (...ids: readonly string[]): Promise<void> => {
  for (const id of ids) for (const batch of [0, 1, 2]) await stack.commit(id, batch);
};

describe('submit --each', () => {
  it('makes one job a value, with the variable in the environment of its model and the series in its manifest', async () => {
    const { code, stdout } = await submit('--id', 'sweep', '--each', 'LR=1,2', '--env', 'OTHER=x', '--name', 'hERG');
    expect(code).toBe(0);
    expect(jobs()).toEqual(['sweep-lr-1', 'sweep-lr-2']);
    expect(manifest('sweep-lr-2')).toMatchObject({
      name: 'hERG: LR=2',
      series: { id: 'sweep', values: { LR: '2' } },
      options: { env: { OTHER: 'x', LR: '2' } },
      dataset: manifest('sweep-lr-1')?.dataset,
      model: { digest: manifest('sweep-lr-1')?.model.digest },
    });
    expect(stdout).toMatch(/Series sweep: 2 jobs\.\n {2}JOB +LR\n {2}sweep-lr-1 +1 +submitted, 6 items in 3 batches\n/);
    expect(stdout).toContain('spotpool compare sweep');
    expect(stdout.match(/The model cat is packed/g) ?? []).toHaveLength(0);
  });

  it('prints all jobs as one object with --json', async () => {
    const { stdout } = await submit('--id', 's', '--each', 'LR=1,2', '--each', 'DEPTH=3,5', '--json');
    const printed = JSON.parse(stdout) as { readonly series: string; readonly jobs: readonly object[] };
    expect(printed.series).toBe('s');
    expect(printed.jobs).toHaveLength(4);
    expect(printed.jobs[3]).toEqual({
      job: 's-lr-2-depth-5',
      values: { LR: '2', DEPTH: '5' },
      dataset: 'data.jsonl',
      model: 'cat',
      items: 6,
      badItems: 0,
      batches: 3,
      continued: false,
    });
  });

  it('takes one id for the series from the time, and one sample for all its jobs', async () => {
    await submit('--each', 'LR=1,2', '--sample', '3');
    expect(jobs()).toHaveLength(2);
    const [first, second] = jobs().map(manifest);
    expect(first?.series?.id).toMatch(/^20260101-000000-/);
    expect(first?.dataset.items).toBe(3);
    expect(second?.dataset).toEqual(first?.dataset);
  });

  it('goes on with the missing jobs after it broke off, and says how', async () => {
    stack.store.beforeWrite = (key) => {
      if (key === manifestKey('sweep-lr-2')) throw new Error('The disk is full.');
    };
    const broken = await submit('--id', 'sweep', '--each', 'LR=1,2,3');
    expect(broken.code).toBe(1);
    expect(broken.stderr).toContain(
      '1 of the 3 jobs of series sweep is submitted. To go on with the others, run the same command again with --id sweep.',
    );
    expect(jobs()).toEqual(['sweep-lr-1']);
    stack.store.beforeWrite = () => undefined;
    const again = await submit('--id', 'sweep', '--each', 'LR=1,2,3', '--json');
    expect(again.code).toBe(0);
    const { jobs: listed } = JSON.parse(again.stdout) as { readonly jobs: readonly { readonly continued: boolean }[] };
    expect(listed.map(({ continued }) => continued)).toEqual([true, false, false]);
    expect([1, 2, 3].map((n) => stack.undone.get(`sweep-lr-${n}`)?.length)).toEqual([3, 3, 3]);
  });

  it('adds the job of a new value to a series whose other jobs are complete', async () => {
    await submit('--id', 'sweep', '--each', 'LR=1,2');
    await finish('sweep-lr-1', 'sweep-lr-2');
    const { code, stdout } = await submit('--id', 'sweep', '--each', 'LR=0.5,1,2');
    expect(code).toBe(0);
    expect(stdout).toMatch(/sweep-lr-0-5 +0\.5 +submitted, .*\n {2}sweep-lr-1 +1 +submitted before/);
    expect(jobs()).toHaveLength(3);
  });

  it('names a job that was cancelled, submits the others, and exits with 1', async () => {
    await submit('--id', 'sweep', '--each', 'LR=1,2');
    await spotpool('cancel', 'sweep-lr-1');
    const { code, stdout } = await submit('--id', 'sweep', '--each', 'LR=1,2,3');
    expect(code).toBe(1);
    expect(stdout).toMatch(/sweep-lr-1 +1 +cancelled: to go on, spotpool resume sweep-lr-1\n/);
    expect(jobs()).toContain('sweep-lr-3');
  });

  it('refuses a new value once the dataset has changed, and a job that is of no series', async () => {
    await submit('--id', 'sweep', '--each', 'LR=1');
    await submit('--id', 'other-lr-1', '--env', 'LR=1');
    const stranger = await submit('--id', 'other', '--each', 'LR=1');
    expect(stranger.code).toBe(2);
    expect(stranger.stderr).toContain(
      'Job other-lr-1 exists already and differs: it is of no series, and not of other',
    );
    await data(7);
    const changed = await submit('--id', 'sweep', '--each', 'LR=1,2');
    expect(changed.code).toBe(2);
    expect(changed.stderr).toContain("the dataset's contents differ");
    expect(jobs()).toEqual(['other-lr-1', 'sweep-lr-1']);
  });

  it('refuses a dataset that changes between two jobs of one command', async () => {
    stack.store.beforeWrite = async (key) => {
      if (key === manifestKey('sweep-lr-1')) await data(5);
    };
    const { code, stderr } = await submit('--id', 'sweep', '--each', 'LR=1,2');
    expect(code).toBe(2);
    expect(stderr).toContain('The dataset data.jsonl has changed since the first jobs of the series were submitted');
    expect(jobs()).toEqual(['sweep-lr-1']);
  });

  it.each([
    [['submit', '-', '--each', 'LR=1,2'], /standard input can be read only once/],
    [['submit', 'data.jsonl', '--each', 'LR=1,2', '--env', 'LR=3'], /LR is given with --each and with --env/],
    [['submit', 'data.jsonl', '--each', 'LR'], /It must be NAME=VALUE,VALUE/],
    [['run', 'data.jsonl', '--each', 'LR=1,2'], /--each makes several jobs, and run takes one\. .*spotpool submit/],
    [['try', 'data.jsonl', '--each', 'LR=1,2'], /--each makes several jobs, and try takes one/],
    [['rerun', 'a', '--each', 'LR=1,2'], /--each makes several jobs, and rerun takes one/],
  ])('refuses %j before anything is written', async (argv, message) => {
    const { code, stderr } = await spotpool(...argv, ...(argv[0] === 'rerun' ? [] : ['--model', 'cat', '--per-line']));
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stack.store.objects.size).toBe(0);
  });
});

describe('a series', () => {
  const both = ['sweep-lr-1-depth-3', 'sweep-lr-1-depth-5'] as const;
  beforeEach(() => submit('--id', 'sweep', '--each', 'LR=1', '--each', 'DEPTH=3,5'));

  it('is one table in jobs, the first job first, with a column for each variable', async () => {
    await stack.plantJob('sweep-of-somebody', 1);
    await finish(both[0]);
    stack.nowMs += 90_000;
    const { code, stdout } = await spotpool('jobs', '--series', 'sweep');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^JOB +LR +DEPTH +STATE +DONE +OK +FAILED +TIME\nsweep-lr-1-depth-3 +1 +3 +complete +100 % +6 +0 +1 m \d\d s\nsweep-lr-1-depth-5 +1 +5 +running +0 % +0 +0 +1 m \d\d s\n$/,
    );
    const { jobs: listed } = JSON.parse((await spotpool('jobs', '--series', 'sweep', '--json')).stdout) as {
      readonly jobs: readonly object[];
    };
    expect(listed).toMatchObject([{ job: both[0], series: { id: 'sweep', values: { LR: '1', DEPTH: '3' } } }, {}]);
    expect((await spotpool('jobs')).stdout).toContain('LR=1, DEPTH=3');
    expect((await spotpool('jobs', '--series', 'swee')).stderr).toContain('There is no job of a series swee');
  });

  it('is named as a series by a command that takes one job, with the way to list its jobs', async () => {
    const { code, stderr } = await spotpool('watch', 'sweep');
    expect(code).toBe(2);
    expect(stderr).toContain('sweep is a series of 2 jobs, and not a job.');
    expect(stderr).toContain('"spotpool jobs --series sweep" lists them.');
    expect((await spotpool('results', 'swee')).stderr).toContain('There is no job swee in this stack.');
  });

  it('is one table in compare, in which every job is compared with the first', async () => {
    await finish(...both);
    const { code, stdout } = await spotpool('compare', 'sweep');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^JOB +LR +DEPTH +STATE +OK +FAILED +DIFFER +TIME/);
    expect(stdout).toMatch(/\nsweep-lr-1-depth-3 +1 +3 +complete +6 +0 +\d+ s/);
    expect(stdout).toMatch(/\nsweep-lr-1-depth-5 +1 +5 +complete +2 +4 +4 +\d+ s/);
    expect(stdout).toContain('DIFFER counts the items whose output differs from that of sweep-lr-1-depth-3');
    expect((await spotpool('compare', 'sweep', '--fail-on-change')).code).toBe(1);
    expect(JSON.parse((await spotpool('compare', 'sweep', '--json')).stdout)).toMatchObject({
      series: 'sweep',
      jobs: [
        { job: both[0], values: { LR: '1', DEPTH: '3' }, items: { ok: 6 } },
        { job: both[1], fromFirst: { differ: 4, newlyFailed: 4, equal: 2 } },
      ],
    });
  });

  it('can be compared with a tolerance, and several jobs without a series can be compared, too', async () => {
    await submit('--id', 'near', '--env', 'LR=1.0000001');
    await finish(both[0], 'near');
    const table = ['compare', both[0], 'near', both[1], '--fail-on-change'] as const;
    const exact = await spotpool(...table);
    expect(exact.code).toBe(1);
    expect(exact.stderr).toContain(`Job ${both[1]} has not ended, so only its finished batches are compared.`);
    expect(exact.stdout).toMatch(/\nnear +complete +6 +0 +5 /);
    expect((await spotpool(...table, '--tolerance', '1e-3')).stdout).toMatch(/\nnear +complete +6 +0 +0 /);
  });

  it('is named by show, and its record fits the schema', async () => {
    await finish(both[1]);
    expect((await spotpool('show', both[1])).stdout).toMatch(/series +sweep: LR=1, DEPTH=5\n/);
    const record: unknown = JSON.parse((await spotpool('show', both[1], '--json')).stdout);
    expect(record).toMatchObject({ what: { series: { id: 'sweep', values: { LR: '1', DEPTH: '5' } } } });
    expect(faultsOf(record)).toEqual([]);
  });

  it.each([
    [['compare', 'nothing'], /There is no series nothing in this stack\. Name two jobs/],
    [['compare', 'a', 'b', 'a'], /Job a is compared with itself/],
  ])('that is not there is refused: %j', async (argv, message) => {
    const { code, stderr } = await spotpool(...argv);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });
});
