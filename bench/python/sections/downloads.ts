/** Measures many downloads in Python, as in the asyncio literature: four ways, and the worker with two models. */
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { inRounds, medianOf, show } from '../../support/rounds.js';
import { type ProcessGroup, startGroup } from '../../support/process-group.js';
import type { Section, Target } from '../../support/section.js';
import type { BenchCloud } from '../../throughput/lab/cloud.js';
import { limitOf, meanOf } from '../../throughput/lab/figures.js';
import { busyOf, outputsOf } from '../../throughput/lab/outcomes.js';
import { untilSaid } from '../../throughput/lab/worker.js';
import type { ServerSetup } from '../child.js';
import { literature, PythonWorker, runWay, type Way } from '../lab.js';
import type { Sizes } from '../sizes.js';

const SERVER: ServerSetup = { atOnce: 16, delayMs: [30, 90], bytes: 64 * 1024 };
const LEAST_OF_LIMIT = 0.95;

const WAYS: readonly Way[] = ['serial', 'processes', 'threads', 'asyncio'];
/** A trial finds the mean time of an answer. Slots that may come: those of this one worker. */
const TRIED = { msPerItem: (SERVER.delayMs[0] + SERVER.delayMs[1]) / 2, slots: availableParallelism() };
/** All are jobs without options. `run` and `submit` to AWS try the model first; without that, batches are cut by the dataset alone. */
const JOBS = {
  requests: { model: 'with_requests.py', pace: TRIED },
  threads32: { model: 'with_threads.py', pace: TRIED },
  aiohttp: { model: 'with_aiohttp.py', pace: TRIED },
  requestsUntried: { model: 'with_requests.py' },
  aiohttpUntried: { model: 'with_aiohttp.py' },
} as const;
type Job = keyof typeof JOBS;
const JOB_NAMES = Object.keys(JOBS) as Job[];
/** The worker's hint names the line threads = 32 to who has a model that waits. */
const TARGETS: readonly Job[] = ['threads32', 'aiohttp'];
type Kind = Way | Job;
const KINDS: readonly Kind[] = [...WAYS, ...JOB_NAMES];
const TITLES: Readonly<Record<Kind, string>> = {
  serial: 'one after another (requests)',
  processes: `${SERVER.atOnce} processes (requests)`,
  threads: `${SERVER.atOnce} threads (requests)`,
  asyncio: 'asyncio (aiohttp)',
  requests: 'spotpool, a model with requests',
  threads32: 'spotpool, the same with the line that the hint names, threads = 32',
  aiohttp: 'spotpool, a model with aiohttp',
  requestsUntried: 'spotpool, requests, without a trial',
  aiohttpUntried: 'spotpool, aiohttp, without a trial',
};

/** These sentences were written by hand, from core/dataset/paced-sizes.ts, guided-sizes.ts and worker/batch/slot-work.ts. */
const WHY =
  'With the pace of a trial batches are seconds of work. Without one a job of 400 items has batches of at most 4 items, and one of 1,000 at most 8. Batches of one job share a slot while it has room, so a slot may have more downloads at once than one batch has: ' +
  'the last column shows the most. How many a slot has at once is chosen from measurements, and the notes say what had been chosen before the measurement.';

interface Sample {
  /** The mean of the passes. */
  readonly ms: number;
  readonly mostAtOnce: number;
  /** The best possible time, computed from the times of sequential downloads. */
  readonly limitMs?: number;
}

export async function downloads(cloud: BenchCloud, sizes: Sizes): Promise<Section> {
  const python = await literature();
  const server = startGroup({
    file: process.execPath,
    args: [path.join(import.meta.dirname, 'child.mjs'), JSON.stringify(SERVER)],
  });
  const rows: string[][] = [];
  const targets: Target[] = [];
  const notes: string[] = [WHY];
  const workers = new Map<Kind, readonly [PythonWorker, Job]>();
  try {
    const web = await webOf(server);
    const most = Math.max(...sizes.downloads);
    for (const job of JOB_NAMES) {
      const worker = await PythonWorker.start(cloud, python);
      workers.set(job, [worker, job]);
      const first = await inWorker({ cloud, python, web, count: most, sizes }, worker, job);
      const jobs = 1 + (await worker.settle(urlsOf(web, most), JOBS[job]));
      notes.push(
        `${TITLES[job]}: the first job, of ${most} items, took ${first.ms.toFixed(0)} ms. After ${jobs} jobs: ${worker.chose}`,
      );
    }
    for (const count of sizes.downloads) {
      const task = { cloud, python, web, count, sizes };
      const samples = await inRounds(KINDS, sizes.rounds, (kind) => {
        const found = workers.get(kind);
        return found === undefined ? inWay(task, kind as Way) : inWorker(task, ...found);
      });
      rows.push(...rowsOf(count, samples));
      targets.push(...TARGETS.map((model) => targetOf(count, model, samples)));
    }
  } finally {
    for (const [worker] of workers.values()) await worker.stop();
    await server.stop();
  }
  return {
    title: 'Downloads in Python',
    how:
      `Bodies of ${SERVER.bytes / 1024} KiB from a web server on this machine, which answers after ${SERVER.delayMs.join(' to ')} ms (evenly distributed, drawn for each request) and serves ${SERVER.atOnce} requests at once; more wait in line. ` +
      'The time is from the first request to the last reply, by the clock of the programs, with all lanes started and connected. ' +
      'The rows of spotpool are jobs without options (slots, slices and batches are chosen by it), with the pace that a trial of `run` finds where nothing else is said, on a worker that has run jobs of the same model until it tried no other number of slots; the notes say how many, and how long the first one took. ' +
      'The limit is computed from the times of sequential downloads: the average of the slowest of 10, or, for more downloads than are served at once, their sum divided by that width. ' +
      `One after another at most ${sizes.serialDownloads} are done, and the time is scaled; of ${Math.min(...sizes.downloads)}, ${sizes.downloadPasses} passes are averaged.`,
    header: ['', 'ms', '× one after another', 'limit / time', 'most at once'],
    rows,
    targets,
    notes,
  };
}

type Samples = ReadonlyMap<Kind, readonly Sample[]>;

const timesOf = (samples: Samples, kind: Kind): number[] => (samples.get(kind) ?? []).map(({ ms }) => ms);

const limitIn = (samples: Samples): number =>
  medianOf((samples.get('serial') ?? []).map(({ limitMs = NaN }) => limitMs));

function rowsOf(count: number, samples: Samples): string[][] {
  const limit = limitIn(samples);
  const serial = medianOf(timesOf(samples, 'serial'));
  const number = count.toLocaleString('en-US');
  const rows = KINDS.map((kind) => {
    const times = timesOf(samples, kind);
    const ratios = times.map((ms) => limit / ms);
    const most = Math.max(...(samples.get(kind) ?? []).map(({ mostAtOnce }) => mostAtOnce));
    return [
      `${number}: ${TITLES[kind]}`,
      show(times),
      (serial / medianOf(times)).toFixed(1),
      show(ratios, 2),
      String(most),
    ];
  });
  return [...rows, [`${number}: the limit`, limit.toFixed(0), (serial / limit).toFixed(1), '1.00', '']];
}

function targetOf(count: number, model: Kind, samples: Samples): Target {
  const ratio = limitIn(samples) / medianOf(timesOf(samples, model));
  return {
    wanted: `${count.toLocaleString('en-US')} downloads, ${TITLES[model]}: at least ${LEAST_OF_LIMIT} of the limit`,
    measured: ratio.toFixed(2),
    isMet: ratio >= LEAST_OF_LIMIT,
  };
}

async function webOf(server: ProcessGroup): Promise<string> {
  await untilSaid(server, '\n');
  return `http://127.0.0.1:${server.stdout().trim()}`;
}

const urlsOf = (web: string, count: number): string[] => Array.from({ length: count }, (_, n) => `${web}/${n}`);

interface Task {
  readonly cloud: BenchCloud;
  readonly python: string;
  readonly web: string;
  readonly count: number;
  readonly sizes: Sizes;
}

async function inWay({ cloud, python, web, count, sizes }: Task, way: Way): Promise<Sample> {
  const isSerial = way === 'serial';
  const done = isSerial ? sizes.serialDownloads : count;
  const passes = isSerial ? 1 : passesOf(count, sizes);
  await forgetMost(web);
  const { wallMs, itemMs, value } = await runWay(cloud, python, {
    way,
    task: 'download',
    width: Math.min(count, SERVER.atOnce),
    items: urlsOf(web, done),
    passes,
    warmUp: 1,
  });
  if (value !== done * passes * SERVER.bytes) throw new Error(`${way}: ${value} bytes arrived of ${done} downloads.`);
  const ms = meanOf(wallMs);
  const mostAtOnce = await mostAtOnceOf(web);
  return isSerial
    ? { ms: (ms / done) * count, mostAtOnce, limitMs: limitOf(itemMs, { count, atOnce: SERVER.atOnce }) }
    : { ms, mostAtOnce };
}

/** With more downloads than are served at once, a second pass is unnecessary. */
const passesOf = (count: number, { downloadPasses }: Sizes): number => (count <= SERVER.atOnce ? downloadPasses : 1);

async function inWorker({ cloud, web, count, sizes }: Task, worker: PythonWorker, job: Job): Promise<Sample> {
  const times: number[] = [];
  await forgetMost(web);
  for (let pass = 0; pass < passesOf(count, sizes); pass += 1) {
    const outputs = await outputsOf(cloud.store, await worker.run(urlsOf(web, count), JOBS[job]));
    if (outputs.some(({ value }) => value !== SERVER.bytes)) throw new Error(`${job}: a download has another size.`);
    times.push(busyOf(outputs).wallMs);
  }
  return { ms: meanOf(times), mostAtOnce: await mostAtOnceOf(web) };
}

const forgetMost = (web: string): Promise<unknown> => fetch(`${web}/_most`, { method: 'DELETE' });

const mostAtOnceOf = async (web: string): Promise<number> => Number(await (await fetch(`${web}/_most`)).text());
