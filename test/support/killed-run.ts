/** A `run --local` that is killed with all its processes at a moment that its own output shows, and goes on when it is given again. */
import { mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'vitest';
import { seededRandom } from '../../local/market/random.js';
import { type CliResult, type RunningCli, startCli } from './cli.js';
import { eventually } from './eventually.js';
import { processesBelow } from './stack-lab.js';

interface Moment {
  readonly name: string;
  readonly isNow: (events: readonly Record<string, unknown>[]) => boolean;
}

const whenShown = (event: string): Moment => ({
  name: event,
  isNow: (events) => events.some((each) => each['event'] === event || each['code'] === event),
});

const doneOf = (event: Record<string, unknown>): number =>
  (event['batches'] as { done?: number } | undefined)?.done ?? 0;

const whenDone = (batches: number): Moment => ({
  name: `${batches} batches done`,
  isNow: (events) => events.some((event) => event['event'] === 'progress' && doneOf(event) >= batches),
});

interface RunHere {
  /** The folder of the dataset, of the state, and of the local cloud's files. */
  readonly directory: string;
  readonly args: readonly string[];
}

function startRun({ directory, args }: RunHere): RunningCli {
  return startCli(['run', ...args, '--local', '--json'], { cwd: directory, env: { TMPDIR: directory } });
}

/** Kills every process of the run as soon as the moment has come. Returns the ids of the instances that it had. */
async function killAt(run: RunningCli, { name, isNow }: Moment, directory: string): Promise<readonly string[]> {
  let hasEnded = false;
  void run.exited.then(() => (hasEnded = true));
  await eventually(() => isNow(run.events) || hasEnded, { what: name, everyMs: 5 });
  const instances = await instancesBelow(directory);
  await killAll(directory);
  await run.exited;
  return instances;
}

/** Processes that were being started are found in the next round. */
async function killAll(directory: string): Promise<void> {
  await eventually(
    async () => {
      const found = await processesBelow(directory);
      for (const { pid } of found) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // It has ended meanwhile.
        }
      }
      return found.length === 0;
    },
    { what: 'all processes to be gone' },
  );
}

/** An instance's processes work in its directory. */
async function instancesBelow(directory: string): Promise<readonly string[]> {
  const found = await processesBelow(directory);
  const cwds = await Promise.all(found.map(({ pid }) => readlink(`/proc/${pid}/cwd`).catch(() => '')));
  const ids = cwds.flatMap((cwd) => cwd.split(path.sep).filter((part) => /^i-[0-9a-f]{17}$/.test(part)));
  return [...new Set(ids)];
}

const ITEMS = 48;
export const KILLS_A_JOB = 5;
const MODEL = `
import { setTimeout } from 'node:timers/promises';
export async function predict(items) {
  await setTimeout(20 * items.length);
  return items.map((item) => item * 2);
}
`;

/** Each moment may come in any start of a job: what has happened already is not shown again. */
const MOMENTS: readonly Moment[] = [
  whenShown('local-cloud-up'),
  whenShown('model-bundled'),
  whenShown('uploading'),
  whenShown('enqueueing'),
  whenShown('submitted'),
  whenShown('target-raised'),
  whenShown('progress'),
  ...[1, 2, 4, 8, 12, 16, 20, 23, 24].map(whenDone),
  whenShown('ended'),
  whenShown('waiting-for-zero'),
];

/** Kills a job at moments that the seed chooses. What it has done is found by the same command. */
export async function surviveKills(seed: number): Promise<void> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'spotpool-survives-'));
  try {
    await writeFile(path.join(directory, 'items.jsonl'), Array.from({ length: ITEMS }, (_, n) => `${n}\n`).join(''));
    await writeFile(path.join(directory, 'model.mjs'), MODEL);
    await killAndGoOn(directory, seed);
  } finally {
    await killAll(directory);
    await rm(directory, { recursive: true, force: true });
  }
}

async function killAndGoOn(directory: string, seed: number): Promise<void> {
  const random = seededRandom(seed, 'moments');
  const run = { directory, args: ['items.jsonl', '--model', 'model.mjs', '--batch-size', '2', '--max-workers', '2'] };
  const instances: string[] = [];
  const jobs = new Set<unknown>();
  let ended: CliResult | undefined;
  for (let kill = 0; kill < KILLS_A_JOB && ended?.code !== 0; kill += 1) {
    const moment = MOMENTS[Math.floor(random() * MOMENTS.length)] ?? whenShown('submitted');
    const killed = startRun(run);
    instances.push(...(await killAt(killed, moment, directory)));
    for (const { event, job } of killed.events) if (event === 'submitted') jobs.add(job);
    ended = await killed.exited;
  }
  const { code, stderr } = ended?.code === 0 ? ended : await startRun(run).exited;
  expect(code, stderr).toBe(0);
  expect(await resultsIn(directory)).toEqual(
    Array.from({ length: ITEMS }, (_, index) => ({ index, ok: true, output: index * 2 })),
  );
  expect(new Set(instances).size, 'instances').toBe(instances.length);
  expect(jobs.size, `jobs ${[...jobs].join(', ')}`).toBeLessThanOrEqual(1);
  expect(await readdir(path.join(directory, 'state', 'kept', 'runs'))).toEqual([]);
}

const resultsIn = async (directory: string): Promise<readonly unknown[]> =>
  (await readFile(path.join(directory, 'items.results.jsonl'), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
