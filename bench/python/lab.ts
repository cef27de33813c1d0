/** Both sections use this file: the packages of the literature in a virtual environment, its ways, and a worker for Python models. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Manifest } from '../../core/contract/job.js';
import { definedFields } from '../../core/defined-fields.js';
import type { Installable } from '../peers/catalogue.js';
import { install } from '../peers/install.js';
import { lastLines, startGroup } from '../support/process-group.js';
import type { BenchCloud, JobRequest } from '../throughput/lab/cloud.js';
import { type BenchWorker, startWorker, untilStarted } from '../throughput/lab/worker.js';

/** The packages that people use for this: requests, aiohttp and scikit-learn. */
const LITERATURE: Installable = {
  name: 'requests, aiohttp and scikit-learn',
  pins: 'python-literature',
  installer: 'pip',
  pythons: ['3.13', '3.12', '3.11', '3.10'],
};
const WAY_TIMEOUT_MS = 600_000;
/** A worker that has not settled by then is measured as it is, and its words say so. */
const MOST_JOBS_TO_SETTLE = 12;
const MODELS = path.resolve('bench/python/models');

const modelOf = (name: string): string => path.join(MODELS, name);

/** Returns the interpreter of the virtual environment. */
export const literature = async (): Promise<string> => path.join(await install(LITERATURE), 'venv/bin/python');

export type Way = 'serial' | 'processes' | 'threads' | 'asyncio';

interface WaySetup {
  readonly way: Way;
  readonly task: 'download' | 'trees';
  readonly width: number;
  readonly items: readonly unknown[];
  readonly passes: number;
  /** The number of times that each lane processes the first item before the clock starts. */
  readonly warmUp: number;
}

interface WayResult {
  /** The time of each pass. */
  readonly wallMs: readonly number[];
  readonly itemMs: readonly number[];
  readonly value: number;
}

interface PythonJob {
  /** The name of a file in bench/python/models. */
  readonly model: string;
  readonly pace?: JobRequest['pace'];
  readonly options?: JobRequest['options'];
}

let setups = 0;

/** Runs a way of the literature (children/ways.py) as a program of its own. */
export async function runWay(
  { scratch }: BenchCloud,
  python: string,
  setup: WaySetup,
  env: Readonly<Record<string, string>> = {},
): Promise<WayResult> {
  const file = path.join(scratch, `way-${(setups += 1)}.json`);
  writeFileSync(file, JSON.stringify({ ...setup, models: MODELS }));
  const group = startGroup({
    file: python,
    args: [path.resolve('bench/python/children/ways.py'), file],
    env: { PYTHONDONTWRITEBYTECODE: '1', ...env },
  });
  try {
    const deadlineMs = Date.now() + WAY_TIMEOUT_MS;
    while (!group.stdout().includes('\n')) {
      if (group.hasEnded()) throw new Error(`${setup.way} ended without a result: ${group.output().slice(-2_000)}`);
      if (Date.now() > deadlineMs) throw new Error(`${setup.way} took too long: ${lastLines(group.output())}`);
      await delay(20);
    }
    return JSON.parse(group.stdout()) as WayResult;
  } finally {
    await group.stop();
  }
}

/** A worker, and its queue, for jobs of one Python model. */
export class PythonWorker {
  readonly #cloud: BenchCloud;
  readonly #queueUrl: string;
  readonly #worker: BenchWorker;

  private constructor(cloud: BenchCloud, queueUrl: string, worker: BenchWorker) {
    this.#cloud = cloud;
    this.#queueUrl = queueUrl;
    this.#worker = worker;
  }

  static async start(cloud: BenchCloud, python: string): Promise<PythonWorker> {
    const queueUrl = await cloud.makeQueue();
    const worker = await startWorker(cloud, { queueUrl, env: { SPOTPOOL_PYTHON: python } });
    await untilStarted(worker);
    return new PythonWorker(cloud, queueUrl, worker);
  }

  /** Runs a job to its end. Without options it is as `spotpool run` submits it. */
  async run(items: readonly unknown[], { model, pace, options = {} }: PythonJob): Promise<Manifest> {
    const dataset = this.#cloud.writeDataset('items.jsonl', items);
    const manifest = await this.#cloud.submit(this.#queueUrl, {
      dataset,
      model: modelOf(model),
      ...definedFields({ pace }),
      options: { slots: 'auto', concurrency: 'auto', ...options },
    });
    await this.#cloud.untilEmpty(this.#queueUrl, [this.#worker.group]);
    return manifest;
  }

  /** Runs the job again and again until the worker tries no other number of slots any more. Returns how often. */
  async settle(items: readonly unknown[], job: PythonJob): Promise<number> {
    for (let jobs = 1; ; jobs += 1) {
      await this.run(items, job);
      if (this.#last('slot-shape')?.settled === true || jobs === MOST_JOBS_TO_SETTLE) return jobs;
    }
  }

  #last(code: string): { readonly message: string; readonly settled?: boolean } | undefined {
    const lines = this.#worker.group.stdout().split('\n');
    const line = lines.filter((text) => text.includes(`"${code}"`)).at(-1);
    return line === undefined ? undefined : (JSON.parse(line) as { readonly message: string });
  }

  /** Returns the worker's last words about its slots, and a hint if it gave one. */
  get chose(): string {
    const words = [this.#last('slot-shape'), this.#last('slot-hint')].flatMap((event) => event?.message ?? []);
    return words.length === 0 ? 'nothing (it had not measured enough)' : words.join(' ');
  }

  async stop(): Promise<void> {
    await this.#worker.stop();
    await this.#cloud.dropQueue(this.#queueUrl);
  }
}
