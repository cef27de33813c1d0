import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installedFiles } from '../../runner/local-cloud/paths.js';
import { cliEntry, jsonLines, runCli, startCli } from '../support/cli.js';
import { eventually } from '../support/eventually.js';
import { Gate } from '../support/gate.js';
import { ONE_BY_ONE, processesBelow } from '../support/stack-lab.js';
import { modelPath } from './models.js';

const doneIn = (event: Readonly<Record<string, unknown>>): number | undefined =>
  (event['batches'] as { readonly done?: number } | undefined)?.done;

const numbers = (count: number): string => Array.from({ length: count }, (_, index) => `${index}\n`).join('');

describe('run --local', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'spotpool-run-'));
    await writeFile(path.join(directory, 'items.jsonl'), numbers(200));
  });
  afterEach(async () => {
    const left = await processesBelow(directory);
    for (const { pid } of left) process.kill(pid, 'SIGKILL');
    await rm(directory, { recursive: true, force: true });
    expect(left, 'processes left behind').toEqual([]);
  });
  // The local cloud of a run keeps its files in the directory for temporary files.
  const env = (): Record<string, string> => ({ TMPDIR: directory });

  it(
    'runs the whole job on its own cloud and leaves no instance, process or file except the results',
    { timeout: 240_000 },
    async () => {
      const run = await runCli(
        [
          'run',
          'items.jsonl',
          '--model',
          modelPath('double'),
          '--local',
          '--batch-size',
          '5',
          '--max-workers',
          '3',
          '--seed',
          '1',
          '--arrive-over',
          '1s',
          '--json',
        ],
        { cwd: directory, env: env() },
      );
      expect(run.code, run.stderr).toBe(0);
      expect(jsonLines(run.stdout).at(-1)).toMatchObject({
        state: 'complete',
        batches: { total: 40, done: 40, failed: 0 },
        items: { total: 200, ok: 200, failed: 0 },
        fleet: { target: 0, running: 0 },
      });
      const results = (await readFile(path.join(directory, 'items.results.jsonl'), 'utf8')).trimEnd().split('\n');
      expect(results.map((line) => JSON.parse(line) as unknown)).toEqual(
        Array.from({ length: 200 }, (_, index) => ({ index, ok: true, output: index * 2 })),
      );
      expect((await readdir(directory)).filter((name) => name !== 'state').sort()).toEqual([
        'items.jsonl',
        'items.results.jsonl',
        'items.results.jsonl.meta.json',
      ]);
    },
  );

  it('reads the dataset - from standard input', { timeout: 240_000 }, async () => {
    const command = [
      'cat items.jsonl |',
      process.execPath,
      cliEntry,
      'run - --format jsonl --limit 20 --local --max-workers 1 --model',
    ];
    const run = spawnSync('sh', ['-c', `${command.join(' ')} ${modelPath('double')}`], {
      cwd: directory,
      env: { PATH: process.env['PATH'], HOME: directory, SPOTPOOL_HOME: path.join(directory, 'state'), ...env() },
      encoding: 'utf8',
    });
    expect(run.status, run.stderr).toBe(0);
    expect((await readFile(path.join(directory, 'results.jsonl'), 'utf8')).trimEnd().split('\n')).toHaveLength(20);
  });

  it(
    'keeps the local cloud when the results cannot be written, and names the commands that fetch them and stop the cloud',
    { timeout: 240_000 },
    async () => {
      const args = [
        'run',
        'items.jsonl',
        '--model',
        modelPath('double'),
        '--local',
        '--max-workers',
        '1',
        '--out',
        '/dev/full',
      ];
      const run = await runCli(args, { cwd: directory, env: env() });
      try {
        expect(run.code, run.stderr).toBe(1);
        expect(run.stdout).toMatch(/items +200 ok, 0 failed/);
        expect(run.stderr).toContain('Cannot write the results to /dev/full: the disk is full (ENOSPC).');
        const state = path.join(directory, 'state');
        const [, job = ''] =
          new RegExp(`SPOTPOOL_HOME=${state} spotpool results (\\S+) --local --out /dev/full`).exec(run.stderr) ?? [];
        expect(run.stderr).toContain(`SPOTPOOL_HOME=${state} spotpool local down`);
        const results = await runCli(['results', job, '--local', '--json'], { cwd: directory, env: env() });
        expect(results.code, results.stderr).toBe(0);
        expect(JSON.parse(results.stdout)).toMatchObject({ job, file: 'items.results.jsonl', items: 200, ok: 200 });
      } finally {
        const down = await runCli(['local', 'down'], { cwd: directory, env: env() });
        expect(down.stdout).toMatch(
          /^The local cloud \(pid \d+\) is gone\. Its buckets are kept in .*spotpool local rm up$/m,
        );
      }
      expect((await readdir(path.join(directory, 'state'))).sort()).toEqual(['kept', 'local-cloud.log']);
      const left = (await readdir(directory)).filter((name) => name.startsWith('spotpool-'));
      expect(left, 'of the cloud').toEqual([]);
    },
  );

  it(
    'ends cleanly on Ctrl-C in the middle: exit code 130, nothing left running; the same command goes on, and computes nothing again',
    { timeout: 240_000 },
    async () => {
      const gate = await Gate.make(directory, 'gate');
      const args = ['run', 'items.jsonl', '--model', modelPath('gated'), '--env', gate.env, '--local', ...ONE_BY_ONE];
      const command = [...args, '--limit', '4', '--batch-size', '1', '--max-workers', '2'];
      const run = startCli([...command, '--json'], { cwd: directory, env: env() });
      const [first = ''] = await gate.waitForStarted(2);
      await gate.open(Number(first.split('-')[1]));
      await eventually(() => run.events.some((event) => event['event'] === 'progress' && doneIn(event) === 1), {
        what: 'the first outcome',
      });
      run.child.kill('SIGINT');
      const { code, stderr } = await run.exited;
      expect(code).toBe(130);
      const [, job = ''] =
        /^Stopped: 1 of 4 batches is done, 3 are left undone\. The finished results are kept\.\nThe local cloud .*\nTo go on with job (\S+), run the same command again\./m.exec(
          stderr,
        ) ?? [];
      expect(job, stderr).not.toBe('');
      expect(await processesBelow(path.join(directory))).toEqual([]);
      expect((await readdir(directory)).filter((name) => name !== 'state').sort()).toEqual(['gate', 'items.jsonl']);
      const status = await runCli(['local', 'status'], { cwd: directory, env: env() });
      expect(status.stdout).toMatch(
        new RegExp(`^ {2}job ${job}: .*gated\\.mjs over items\\.jsonl, begun .* ago, .*, not finished$`, 'm'),
      );

      await gate.open();
      const other = await runCli([...args, '--limit', '3'], { cwd: directory, env: env() });
      expect(other.code, other.stderr).toBe(0);
      expect(other.stdout, 'with other options').not.toContain('goes on');
      const again = await runCli(command, { cwd: directory, env: env() });
      expect(again.code, again.stderr).toBe(0);
      expect(again.stdout).toContain(`Job ${job} was not finished; it goes on with 1 of 4 batches done.`);
      const results = (await readFile(path.join(directory, 'items.results.jsonl'), 'utf8')).trimEnd().split('\n');
      expect(results).toHaveLength(4);
      expect(await gate.started(`${first.split('-')[1]}-`), 'of the batch that was done').toHaveLength(2);
      const after = await runCli(['local', 'status'], { cwd: directory, env: env() });
      expect(after.stdout).toContain('Nothing is kept of local clouds.');
    },
  );

  it('keeps no job when Ctrl-C comes after its results were written', { timeout: 240_000 }, async () => {
    const args = ['run', 'items.jsonl', '--model', modelPath('double'), '--local', '--max-workers', '1', '--json'];
    // The answers of EC2 are late, so the command still waits for the end of its instance.
    const run = startCli([...args, '--latency', 'ec2=1s'], { cwd: directory, env: env() });
    await eventually(() => run.events.some((event) => event['event'] === 'results-written'), { what: 'the results' });
    run.child.kill('SIGINT');
    const { code, stderr } = await run.exited;
    expect(code, stderr).toBe(130);
    expect(stderr).toContain('Stopped when the results were in items.results.jsonl.');
    const status = await runCli(['local', 'status'], { cwd: directory, env: env() });
    expect(status.stdout).toContain('Nothing is kept of local clouds.');
  });

  it('leaves nothing running even after SIGKILL', { timeout: 240_000 }, async () => {
    const gate = await Gate.make(directory, 'gate');
    const run = startCli(
      ['run', 'items.jsonl', '--model', modelPath('gated'), '--env', gate.env, '--local', '--max-workers', '2'],
      {
        cwd: directory,
        env: env(),
      },
    );
    await gate.waitForStarted(2);
    run.child.kill('SIGKILL');
    await run.exited;
    await eventually(async () => (await processesBelow(directory)).length === 0, { what: 'everything to end' });
  });

  it('ends in an orderly way, but not with success, when the reader closes its output', async () => {
    const run = startCli(['run', 'items.jsonl', '--model', modelPath('double'), '--local', '--max-workers', '1'], {
      cwd: directory,
      env: env(),
    });
    run.child.stdout?.once('data', () => run.child.stdout?.destroy());
    const { code, stderr } = await run.exited;
    expect(code).toBe(141);
    expect(stderr).toMatch(/^Stopped/m);
    const files = (await readdir(directory)).filter((name) => name.startsWith('spotpool-'));
    expect(files).toEqual([]);
  });
});

describe('a command whose output cannot be written', () => {
  it.runIf(existsSync('/dev/full'))('says so in a sentence and fails', () => {
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, [installedFiles().cli, '--version'], {
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    });
    closeSync(full);
    expect([status, stderr]).toEqual([
      1,
      'error: Could not write the output of this command: ENOSPC: no space left on device, write.\n',
    ]);
  });
});

describe('misuse', () => {
  const cwd = os.tmpdir();

  it.each([
    [['run', 'missing.jsonl', '--model', modelPath('double'), '--local'], /missing\.jsonl/],
    [['run', '--local'], /missing required argument 'dataset'/],
    [['run', 'x.jsonl', '--local'], /--model/],
    [
      ['run', 's3://bucket/items.csv', '--model', modelPath('double'), '--local'],
      /the S3 of the local cloud that this command starts.*local up/,
    ],
    [['status', 'nothing'], /--local|--stack/],
    [['frobnicate'], /unknown command/],
    [['run', 'x.jsonl', '--model', 'm.js', '--batch-size', 'many', '--local'], /--batch-size.*many|many.*--batch-size/],
  ])('%j is exit code 2 with a sentence', async (args, message) => {
    const result = await runCli(args, { cwd });
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(message);
    expect(result.stderr).not.toMatch(/^\s+at /m);
  });
});
