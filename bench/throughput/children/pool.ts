/**
 * The ways of the literature to do many tasks: sequentially, asynchronously in one process, in threads, in
 * processes. A lane is a thread or a process that does one task at a time. Lanes are started, and have loaded their
 * modules, before the clock starts.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { parentPort, Worker } from 'node:worker_threads';
import { atOnce } from '../../support/rounds.js';
import { type DownloadSetup, downloader } from './download.js';
import { type ModelSetup, predictor } from './predict.js';

export type Way = 'serial' | 'async' | 'threads' | 'processes';
export type TaskSetup = DownloadSetup | ModelSetup;

export interface PoolSetup {
  readonly way: Way;
  readonly width: number;
  readonly task: TaskSetup;
  readonly items: readonly unknown[];
  /** The number of passes over all items; each pass is timed. */
  readonly passes?: number;
  /** The number of times that each lane processes the first item before the clock starts. */
  readonly warmUp?: number;
}

/** The result of an item: a number that depends on the work, so that the work cannot be skipped. */
export interface Done {
  readonly value: number;
  readonly startMs: number;
  readonly endMs: number;
}

/** The output of a pool. */
export interface PoolResult {
  /** The time from the start of the first lane to the readiness of the last. */
  readonly loadMs: number;
  /** The time of each pass. */
  readonly wallMs: readonly number[];
  /** The time of each item, in no order. */
  readonly itemMs: readonly number[];
  /** The sum of all items' values. */
  readonly value: number;
}

type Task = (item: unknown) => Promise<Done>;

interface Lane {
  readonly run: Task;
  end(): Promise<unknown>;
}

const now = (): number => performance.timeOrigin + performance.now();

const taskOf = (setup: TaskSetup): Promise<(item: never) => Promise<number>> =>
  setup.kind === 'download' ? downloader(setup) : predictor(setup);

async function loadedTask(setup: TaskSetup): Promise<Task> {
  const task = await taskOf(setup);
  return async (item) => {
    const startMs = now();
    const value = await task(item as never);
    return { value, startMs, endMs: now() };
  };
}

export async function pool({ way, width, task, items, passes = 1, warmUp = 0 }: PoolSetup): Promise<void> {
  const loadStartMs = now();
  const lanes = await Promise.all(Array.from({ length: way === 'serial' ? 1 : width }, () => startLane(way, task)));
  const loadMs = now() - loadStartMs;
  await Promise.all(
    lanes.map(async ({ run }) => {
      for (let n = 0; n < warmUp; n += 1) await run(items[0]);
    }),
  );
  const done: Done[] = [];
  const wallMs: number[] = [];
  for (let pass = 0; pass < passes; pass += 1) {
    const startMs = now();
    const free = [...lanes];
    await atOnce(items.length, lanes.length, async (n) => {
      const lane = free.pop() as Lane;
      done.push(await lane.run(items[n]));
      free.push(lane);
    });
    wallMs.push(now() - startMs);
  }
  const result: PoolResult = {
    loadMs,
    wallMs,
    itemMs: done.map(({ startMs, endMs }) => endMs - startMs),
    value: done.reduce((sum, { value }) => sum + value, 0),
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
  await Promise.all(lanes.map((lane) => lane.end()));
}

let inProcess: Promise<Task> | undefined;

async function startLane(way: Way, task: TaskSetup): Promise<Lane> {
  if (way === 'serial' || way === 'async') {
    return { run: await (inProcess ??= loadedTask(task)), end: async () => undefined };
  }
  const program = process.argv[1] ?? '';
  const argv = ['lane', JSON.stringify(task)];
  const lane = way === 'threads' ? new Worker(program, { argv }) : fork(program, argv, { serialization: 'advanced' });
  await once(lane, 'message'); // The first message says that the lane is ready.
  return {
    run: async (item) => {
      const answer = once(lane, 'message') as Promise<[Done]>;
      if (lane instanceof Worker) lane.postMessage(item);
      else lane.send(item as object);
      return (await answer)[0];
    },
    end: () => (lane instanceof Worker ? lane.terminate() : ended(lane)),
  };
}

async function ended(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.disconnect();
  await exit;
}

/** Runs a thread or a process of a pool. */
export async function lane(setup: TaskSetup): Promise<void> {
  const task = await loadedTask(setup);
  const send = (message: unknown): void => {
    if (parentPort === null) process.send?.(message);
    else parentPort.postMessage(message);
  };
  const onMessage = (item: unknown): void => void task(item).then(send);
  if (parentPort === null) process.on('message', onMessage);
  else parentPort.on('message', onMessage);
  send('ready');
}
