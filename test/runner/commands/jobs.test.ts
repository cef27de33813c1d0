import { beforeEach, describe, expect, it } from 'vitest';
import { FakeStack } from '../../support/fake-stack.js';
import { RecordingTerminal } from '../../support/recording-terminal.js';

const MINUTE_MS = 60_000;
let stack: FakeStack;

beforeEach(async () => {
  stack = new FakeStack();
  await stack.plantJob('oldest', 1, { name: 'Nightly run' });
  stack.nowMs += 24 * 60 * MINUTE_MS;
  await stack.plantJob('failing', 2, { name: 'a try' });
  await stack.commit('failing', 0, 2);
  stack.nowMs += MINUTE_MS;
  await stack.plantJob('rerun', 1, { parent: 'failing' });
  await stack.commit('rerun', 0);
  stack.nowMs += MINUTE_MS;
});

async function listed(...argv: readonly string[]): Promise<readonly string[]> {
  stack.terminal = new RecordingTerminal();
  expect(await stack.run('jobs', ...argv, '--json')).toBe(0);
  const { jobs } = JSON.parse(stack.terminal.stdout) as { readonly jobs: readonly { readonly job: string }[] };
  return jobs.map(({ job }) => job);
}

describe('spotpool jobs', () => {
  it('shows names and parents, and leaves their columns out where no job has one', async () => {
    await stack.run('jobs');
    const [header = '', first = '', second = ''] = stack.terminal.stdout.split('\n');
    expect(header).toMatch(/^JOB +STATE +DONE +FAILED +ITEMS +NAME +CREATED +RERUN OF +MODEL +DATASET +BY$/);
    expect(first).toMatch(/^rerun +complete +100 % +0 +2 +20.* failing +model\.ts/);
    expect(second).toMatch(/^failing +running +50 % +2 +4 +a try +20/);
    stack = new FakeStack();
    await stack.plantJob('only', 1);
    await stack.run('jobs');
    expect(stack.terminal.stdout).toMatch(/^JOB +STATE +DONE +FAILED +ITEMS +CREATED +MODEL +DATASET +BY\n/);
  });

  it.each([
    [
      ['--state', 'running'],
      ['failing', 'oldest'],
    ],
    [['--state', 'complete,failed'], ['rerun']],
    [['--name', 'NIGHT'], ['oldest']],
    [['--name', 'fail'], ['failing']],
    [
      ['--since', '10m'],
      ['rerun', 'failing'],
    ],
    [
      ['--since', '1d'],
      ['rerun', 'failing'],
    ],
    [
      ['--since', '2d'],
      ['rerun', 'failing', 'oldest'],
    ],
    [
      ['--since', '2026-01-02'],
      ['rerun', 'failing'],
    ],
    [
      ['--sort', 'failed'],
      ['failing', 'rerun', 'oldest'],
    ],
    [
      ['--sort', 'name'],
      ['failing', 'oldest', 'rerun'],
    ],
    [
      ['--sort', 'state'],
      ['failing', 'oldest', 'rerun'],
    ],
    [
      ['--sort', 'items'],
      ['failing', 'rerun', 'oldest'],
    ],
    [['--limit', '1'], ['rerun']],
    [['--state', 'cancelled'], []],
  ])('with %j lists %j', async (argv, jobs) => {
    expect(await listed(...argv)).toEqual(jobs);
  });

  it('says that no job is as asked for', async () => {
    await stack.run('jobs', '--state', 'cancelled');
    expect(stack.terminal.stdout).toBe('None of the 3 jobs is as asked for. To list all of them: spotpool jobs\n');
  });

  it.each([
    [['--state', 'done'], /It must be one or more of submitting, running, complete, cancelled, failed/],
    [['--since', 'yesterday'], /It must be a time span, such as 90m, 12h or 7d, or a date/],
    [['--sort', 'age'], /Allowed choices are created, name, state, items, failed/],
    [['--limit', '0'], /It must be a whole number from 1/],
  ])('refuses %j', async (argv, message) => {
    expect(await stack.run('jobs', ...argv)).toBe(2);
    expect(stack.terminal.stderr).toMatch(message);
  });

  it('shows a job’s name in its status', async () => {
    await stack.run('status', 'failing');
    expect(stack.terminal.stdout).toMatch(/name +a try/);
  });
});
