import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { outcomeKey, workerPointerKey } from '../../../core/contract/keys.js';
import { encodeWorkerPointer } from '../../../core/contract/worker-pointer.js';
import { Interrupted } from '../../../runner/cli/interrupts.js';
import { FakeStack } from '../../support/fake-stack.js';

let stack: FakeStack;
beforeEach(async () => {
  stack = new FakeStack();
  stack.cwd = await mkdtemp(path.join(os.tmpdir(), 'spotpool-test-'));
  await writeFile(path.join(stack.cwd, 'data.txt'), 'a\nb\nc\nd\ne\n');
  await writeFile(path.join(stack.cwd, 'model.mjs'), 'export const predict = (items) => items;\n');
});
afterEach(() => rm(stack.cwd, { recursive: true }));

const results = async (): Promise<{ index: number; ok: boolean }[]> =>
  (await readFile(path.join(stack.cwd, 'data.results.jsonl'), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { index: number; ok: boolean });

const run = (...more: string[]): Promise<number> =>
  stack.run('run', 'data.txt', '--model', 'model.mjs', '--batch-size', '2', ...more);

describe('spotpool run', () => {
  it('submits, follows, writes one line per item in order, and proves that nothing is left', async () => {
    expect(await run()).toBe(0);
    expect((await results()).map(({ index }) => index)).toEqual([0, 1, 2, 3, 4]);
    const text = stack.terminal.stdout;
    expect(text).toMatch(/Submitted job .*: model\.mjs over data\.txt, 5 items in 3 batches\./);
    expect(text).toMatch(/items +5 ok, 0 failed/);
    expect(text).toMatch(/results +data\.results\.jsonl/);
    expect(text).toContain('0 instances');
  });

  it('ends its JSON with the status, after the summary', async () => {
    await run('--json', '--id', 'mine');
    const lines = stack.terminal.stdout.trimEnd().split('\n');
    const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.at(-2)).toMatchObject({ event: 'summary', resultsFile: 'data.results.jsonl', instancesLeft: 0 });
    expect(events.at(-1)).toMatchObject({ job: 'mine', state: 'complete', items: { total: 5, ok: 5, failed: 0 } });
  });

  it('says why items failed', async () => {
    const commit = stack.commit.bind(stack);
    stack.commit = (job, batch) => commit(job, batch, batch < 2 ? 1 : 0);
    expect(await run()).toBe(0);
    expect(stack.terminal.stdout).toMatch(/2 +Odd +item 0 is odd/);
  });

  it('leaves earlier results alone until there are new ones', async () => {
    await writeFile(path.join(stack.cwd, 'data.results.jsonl'), '{"index":0,"ok":true}\n');
    stack.onTick = () => {
      if (stack.undone.has('mine')) stack.interrupt.abort(new Interrupted(130, 'SIGINT'));
    };
    expect(await run('--id', 'mine', '--force')).toBe(130);
    expect(await results()).toEqual([{ index: 0, ok: true }]);
    expect((await readdir(stack.cwd)).sort()).toEqual(['data.results.jsonl', 'data.txt', 'model.mjs']);
    expect(stack.terminal.stderr).toMatch(
      /Running instances go on with job mine: 0 of 3 batches are done, 3 are left\. .*no controller/,
    );
    expect(stack.terminal.stderr).toContain('spotpool watch mine');
  });

  it('names the results file when it is stopped after the results were written', async () => {
    stack.onTick = async () => {
      if ((await readdir(stack.cwd)).includes('data.results.jsonl'))
        stack.interrupt.abort(new Interrupted(130, 'SIGINT'));
    };
    stack.staysUp = true;
    expect(await run('--id', 'mine')).toBe(130);
    expect(await results()).toHaveLength(5);
    expect(stack.terminal.stderr).toContain('when the results of job mine were in data.results.jsonl.');
  });

  it.each([
    [['run', 'nothing.txt', '--model', 'model.mjs'], /nothing\.txt/],
    [['run', 'data.txt'], /--model/],
    [['run', 'data.txt', '--model', 'nothing.mjs'], /nothing\.mjs/],
    [['run', 'data.txt', '--model', 'model.mjs', '--out', '.'], /is a directory/],
    [['run', 'data.txt', '--model', 'model.mjs', '--out', 'no/x'], /no\/x: the directory .*no does not exist\./],
    [['run', 'data.txt', '--model', 'model.mjs', '--out', '-'], /spotpool results/],
    [['run', 'data.txt', '--model', 'model.mjs', '--out', './data.txt'], /\.\/data\.txt: it is the dataset/],
    [['run', 'data.txt', '--model', 'model.mjs', '--out', 'data.txt', '--force'], /it is the dataset/],
    [['run', 'data.txt', '--model', 'model.mjs', '--out', 'model.mjs', '--force'], /it is a file of the model/],
    [['run', 'data.txt', '--model', 'cat model.mjs', '--out', 'model.mjs', '--force'], /it is a file of the model/],
    [
      ['run', 'data.txt', '--model', 'cat', '--setup', 'sh model.mjs', '--out', 'model.mjs'],
      /a file that --setup names/,
    ],
    [['run', 'data.txt', '--model', '.', '--out', 'model.mjs', '--force'], /it is a file of the model/],
    [['run', 'data.txt', '--model', 'model.mjs', '--stack', 'data.txt', '--out', 'data.txt'], /it is the dataset/],
    [['run', 'data.txt', '--model', 'x', '--stack', 'model.mjs', '--out', 'model.mjs'], /the file that --stack names/],
    [['run', 'data.txt', '--model', 'model.mjs', '--seed', '1'], /--seed is for a local cloud\. Add --local/],
    [['run', 'data.txt', '--model', 'model.mjs', '--slots', 'some'], /--slots.*'some'.*cpus/],
  ])('refuses %j before anything is started', async (argv, message) => {
    expect(await stack.run(...argv)).toBe(2);
    expect(stack.terminal.stderr).toMatch(message);
    expect(stack.store.writes).toEqual([]);
    expect(await readdir(stack.cwd)).toHaveLength(2);
  });
});

describe('the file of a run’s results', () => {
  const names = async (): Promise<readonly string[]> =>
    (await readdir(stack.cwd)).filter((name) => name.includes('results')).sort();

  it('is moved out of the way when the same command is given again, and the command says so', async () => {
    expect(await run('--id', 'one')).toBe(0);
    stack.instances = []; // of the first job, whose workers this fake knows nothing of
    expect(await run('--id', 'two')).toBe(0);
    expect(stack.terminal.stdout).toContain('Earlier results of another job were moved to data.results.one.jsonl.');
    expect(await names()).toEqual([
      'data.results.jsonl',
      'data.results.jsonl.meta.json',
      'data.results.one.jsonl',
      'data.results.one.jsonl.meta.json',
    ]);
    expect(await stack.run('results', 'two')).toBe(0);
    expect(await stack.run('results', 'one')).toBe(0);
    expect(stack.terminal.stdout).toContain(
      'were moved to data.results.two.jsonl.\nWrote 5 results to data.results.jsonl',
    );
  });

  it('is not replaced, and nothing is started, when somebody else wrote it', async () => {
    await writeFile(path.join(stack.cwd, 'data.results.jsonl'), 'mine');
    expect(await run()).toBe(2);
    expect(stack.terminal.stderr).toMatch(
      /data\.results\.jsonl exists already, and spotpool did not write it\..*--force/,
    );
    expect(stack.store.writes).toEqual([]);
    expect(await run('--id', 'one', '--force')).toBe(0);
    expect(await results()).toHaveLength(5);
    expect(await names()).toEqual(['data.results.jsonl', 'data.results.jsonl.meta.json']);
    await writeFile(path.join(stack.cwd, 'data.results.jsonl'), 'mine');
    expect(await stack.run('results', 'one')).toBe(2);
    expect(await stack.run('results', 'one', '--force')).toBe(0);
  });

  it('that cannot be written costs no result: the command prints the file, the reason and the next command', async () => {
    await mkdir(path.join(stack.cwd, 'folder'));
    const commit = stack.commit.bind(stack);
    stack.commit = async (job, batch) => {
      await rm(path.join(stack.cwd, 'folder'), { recursive: true, force: true });
      await commit(job, batch);
    };
    expect(await run('--id', 'mine', '--out', 'folder/out.jsonl', '--json')).toBe(1);
    expect(stack.terminal.stderr).toMatch(
      /error: Cannot write the results to folder\/out\.jsonl: the directory \/.* does not exist/,
    );
    expect(stack.terminal.stderr).toContain('\n  spotpool results mine --out folder/out.jsonl\n');
    const events = stack.terminal.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.find(({ event }) => event === 'summary')).not.toHaveProperty('resultsFile');
    expect(events).toContainEqual(expect.objectContaining({ event: 'happened', code: 'results-not-written' }));
    expect(await stack.run('results', 'mine', '--out', '/dev/full')).toBe(1);
    expect(stack.terminal.stderr).toMatch(
      /\/dev\/full: the disk is full.*\n {2}spotpool results mine --out \/dev\/full\n/,
    );
    expect(await stack.run('results', 'mine')).toBe(0);
    expect(await results()).toHaveLength(5);
  });

  it('lacks a damaged batch, and the command names the batch and fails', async () => {
    const commit = stack.commit.bind(stack);
    stack.commit = async (job, batch) => {
      await commit(job, batch);
      if (batch !== 1) return;
      const { metadata } = stack.store.objects.get(outcomeKey(job, 1)) ?? {};
      const { signal } = stack.interrupt;
      await stack.store.put(outcomeKey(job, 1), 'garbage\n', { signal, ...(metadata && { metadata }) });
    };
    expect(await run('--id', 'mine')).toBe(1);
    expect(stack.terminal.stdout).toContain('Batch 1 is damaged: its outcome has a line 1 that is not JSON.');
    expect((await results()).map(({ index }) => index)).toEqual([0, 1, 4]);
    expect(await stack.run('results', 'mine', '--json')).toBe(1);
    expect(JSON.parse(stack.terminal.stdout.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
      items: 3,
      ok: 3,
      damagedBatches: 1,
      damaged: [{ batch: 1, items: 2 }],
    });
    expect(stack.terminal.stderr).toContain('Batch 1 is damaged');
  });

  it('may be in the directory of the model', async () => {
    expect(await stack.run('run', 'data.txt', '--model', '.', '--out', 'out.jsonl')).toBe(0);
    expect((await readdir(stack.cwd)).sort()).toContain('out.jsonl');
  });

  it('is never the dataset that the manifest names', async () => {
    await run('--id', 'mine');
    expect(await stack.run('results', 'mine', '--out', 'data.txt', '--force')).toBe(2);
    expect(stack.terminal.stderr).toContain('it is the dataset');
  });

  it('is not written for an unknown job', async () => {
    expect(await stack.run('results', 'nope')).toBe(2);
    expect(stack.terminal.stderr).toContain('There is no job nope in this stack');
    expect(await names()).toEqual([]);
  });
});

describe('spotpool submit and results', () => {
  it('submit returns at once, and results fetches the finished items', async () => {
    const submit = ['submit', 'data.txt', '--model', 'model.mjs', '--batch-size', '2', '--id', 'mine', '--json'];
    expect(await stack.run(...submit)).toBe(0);
    expect(JSON.parse(stack.terminal.stdout)).toMatchObject({ job: 'mine', items: 5, batches: 3 });
    expect(stack.target).toBe(0);
    await stack.commit('mine', 1, 1);
    expect(await stack.run('results', 'mine')).toBe(1);
    expect(stack.terminal.stderr).toContain('2 of 3 batches have no outcome yet');
    expect(await results()).toMatchObject([
      { index: 2, ok: false },
      { index: 3, ok: true },
    ]);
    await stack.commit('mine', 0);
    await stack.commit('mine', 2);
    stack.terminal.stdout = '';
    expect(await stack.run('results', 'mine', '--out', '-')).toBe(0);
    expect(stack.terminal.stdout.trimEnd().split('\n')).toHaveLength(5);
  });

  it('submit prints the job and how to follow it', async () => {
    stack.config = { ...stack.config, controlled: true };
    await stack.run('submit', 'data.txt', '--model', 'model.mjs', '--id', 'mine');
    expect(stack.terminal.stdout).toContain('Submitted job mine');
    expect(stack.terminal.stdout).toContain('spotpool watch mine');
    expect(stack.terminal.stdout).not.toContain('no controller');
  });

  it('submit publishes the worker that instances boot from, and says so, unless its instances need none', async () => {
    const submit = (id: string): Promise<number> => stack.run('submit', 'data.txt', '--model', 'model.mjs', '--id', id);
    expect(await submit('one')).toBe(0);
    expect(stack.terminal.stdout).toContain('The worker 0.0.0 is published: 3 B.');
    expect(stack.store.writes).toContain(workerPointerKey);
    stack.terminal.stdout = '';
    expect(await submit('two')).toBe(0);
    expect(stack.terminal.stdout).not.toContain('The worker');
    stack.store.objects.clear();
    stack.store.writes.length = 0;
    stack.config = { ...stack.config, installedWorker: true };
    expect(await submit('three')).toBe(0);
    expect(stack.store.writes).not.toContain(workerPointerKey);
  });

  it('submit leaves a newer worker in its place, and says that it runs', async () => {
    const newer = { version: '9.0.0', sha256: 'b'.repeat(64) };
    await stack.store.put(workerPointerKey, encodeWorkerPointer(newer), { signal: new AbortController().signal });
    expect(await stack.run('submit', 'data.txt', '--model', 'model.mjs', '--id', 'mine')).toBe(0);
    expect(stack.terminal.stdout).toContain('New instances run the worker 9.0.0');
    expect(stack.store.text(workerPointerKey)).toBe(encodeWorkerPointer(newer));
  });

  it("submit wakes the stack's controller, and warns when that fails although the job is enqueued", async () => {
    stack.config = { ...stack.config, controlled: true };
    let woken = 0;
    stack.broken = { controller: { wake: async () => void (woken += 1) } };
    expect(await stack.run('submit', 'data.txt', '--model', 'model.mjs', '--id', 'mine')).toBe(0);
    expect(woken).toBe(1);
    stack.broken = { controller: { wake: () => Promise.reject(new Error('AccessDenied')) } };
    expect(await stack.run('submit', 'data.txt', '--model', 'model.mjs', '--id', 'other')).toBe(0);
    expect(stack.terminal.stderr).toMatch(/enqueued.*could not be woken.*AccessDenied.*within a minute/);
  });

  it('submit says that nothing starts by itself on a stack without a controller', async () => {
    await stack.run('submit', 'data.txt', '--model', 'model.mjs', '--id', 'mine');
    expect(stack.terminal.stdout).toMatch(/no controller of its own[^]*spotpool watch mine/);
    await stack.run('submit', 'data.txt', '--model', 'model.mjs', '--id', 'other', '--json');
    expect(stack.terminal.stderr).toMatch(/no controller of its own[^]*spotpool watch other/);
  });
});
