/** A `run --local` that is killed with all its processes at a moment that its own output shows, and goes on when it is given again. */
import { readlink } from 'node:fs/promises';
import path from 'node:path';
import { startCli, type RunningCli } from './cli.js';
import { eventually } from './eventually.js';
import { processesBelow } from './stack-lab.js';

export interface Moment {
  readonly name: string;
  readonly isNow: (events: readonly Record<string, unknown>[]) => boolean;
}

export const whenShown = (event: string): Moment => ({
  name: event,
  isNow: (events) => events.some((each) => each['event'] === event || each['code'] === event),
});

const doneOf = (event: Record<string, unknown>): number =>
  (event['batches'] as { done?: number } | undefined)?.done ?? 0;

export const whenDone = (batches: number): Moment => ({
  name: `${batches} batches done`,
  isNow: (events) => events.some((event) => event['event'] === 'progress' && doneOf(event) >= batches),
});

export interface RunHere {
  /** The folder of the dataset, of the state, and of the local cloud's files. */
  readonly directory: string;
  readonly args: readonly string[];
}

export function startRun({ directory, args }: RunHere): RunningCli {
  return startCli(['run', ...args, '--local', '--json'], { cwd: directory, env: { TMPDIR: directory } });
}

/** Kills every process of the run as soon as the moment has come. Returns the ids of the instances that it had. */
export async function killAt(run: RunningCli, { name, isNow }: Moment, directory: string): Promise<readonly string[]> {
  let hasEnded = false;
  void run.exited.then(() => (hasEnded = true));
  await eventually(() => isNow(run.events) || hasEnded, { what: name, everyMs: 5 });
  const instances = await instancesBelow(directory);
  await killAll(directory);
  await run.exited;
  return instances;
}

/** Processes that were being started are found in the next round. */
export async function killAll(directory: string): Promise<void> {
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
