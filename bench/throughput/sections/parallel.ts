/** The two tables of the Python concurrency literature: pure computation, and files that are read and decoded. */
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { inRounds, medianOf, show } from '../../support/rounds.js';
import type { Section } from '../../support/section.js';
import type { Way } from '../children/pool.js';
import { type BenchCloud, modelFile, NO_LATENCY, REAL_LATENCY } from '../lab/cloud.js';
import { writeImages } from '../lab/images.js';
import { busyOf, outputsOf, type TimedOutput } from '../lab/outcomes.js';
import { runPool } from '../lab/pools.js';
import { startWorker, untilStarted } from '../lab/worker.js';
import type { Sizes } from '../sizes.js';

const CORES = availableParallelism();
const LEAST_OF_PROCESSES = 0.97;
const IMAGES_PER_BATCH = 128;
const TREES = 50;
/**
 * Each lane or slot processes this many batches before the clock starts: compilation is part of every process, but
 * not of this comparison.
 */
const WARM_UP = 2;

interface Workload {
  readonly title: string;
  readonly how: string;
  readonly model: string;
  readonly items: readonly unknown[];
  readonly batchItems: number;
  readonly env: Readonly<Record<string, string>>;
  /** A target is set for pure computation only. */
  readonly hasTarget: boolean;
}

type Kind = Exclude<Way, 'async'> | 'cpus' | 'auto';

const TITLES: Readonly<Record<Kind, string>> = {
  serial: 'one after another',
  threads: `${CORES} threads`,
  processes: `${CORES} bare processes`,
  cpus: `spotpool, --slots cpus (${CORES})`,
  auto: 'spotpool, --slots auto',
};

const KINDS: readonly Kind[] = ['serial', 'threads', 'processes', 'cpus', 'auto'];

interface Sample {
  readonly seconds: number;
  readonly value: number;
  /** The worker's own description of its slots. */
  readonly chose?: string;
}

export async function trees(cloud: BenchCloud, sizes: Sizes): Promise<Section> {
  const rows = sizes.treeRows.toLocaleString('en-US');
  return measure(cloud, sizes, {
    title: 'Work for the processor alone: decision trees',
    how: `${TREES} regression trees (CART) trained on ${rows} rows of 6 features, each on a sample of its own; a tree is an item and a batch.`,
    model: 'trees.mjs',
    items: Array.from({ length: TREES }, (_, seed) => seed),
    batchItems: 1,
    env: { BENCH_ROWS: String(sizes.treeRows) },
    hasTarget: true,
  });
}

export async function images(cloud: BenchCloud, sizes: Sizes, kinds: readonly Kind[] = KINDS): Promise<Section> {
  const files = writeImages(path.join(cloud.scratch, 'images'), sizes.images);
  return measure(
    cloud,
    sizes,
    {
      title: 'Files that are read and decoded: images',
      how: `${sizes.images.toLocaleString('en-US')} PNGs of 128 × 128 grey pixels on the local disk (in the page cache), in batches of ${IMAGES_PER_BATCH}: read, inflated, unfiltered, summed.`,
      model: 'images.mjs',
      items: files,
      batchItems: IMAGES_PER_BATCH,
      env: {},
      hasTarget: false,
    },
    kinds,
  );
}

async function measure(
  cloud: BenchCloud,
  sizes: Sizes,
  work: Workload,
  kinds: readonly Kind[] = KINDS,
): Promise<Section> {
  await cloud.slowDown(REAL_LATENCY);
  const samples = await inRounds(kinds, sizes.rounds, (kind) =>
    kind === 'cpus' || kind === 'auto' ? inWorker(cloud, work, kind) : inPool(cloud, work, kind),
  );
  await cloud.slowDown(NO_LATENCY);
  const times = (kind: Kind): number[] => (samples.get(kind) ?? []).map(({ seconds }) => seconds);
  const values = new Set([...samples.values()].flat().map(({ value }) => value.toPrecision(9)));
  if (values.size !== 1) throw new Error(`The ways disagree about the result: ${[...values].join(', ')}`);
  const serial = medianOf(times('serial'));
  const ratio = medianOf(times('processes')) / medianOf(times('cpus'));
  const chose = new Set((samples.get('auto') ?? []).map((sample) => sample.chose ?? ''));
  return {
    title: work.title,
    how:
      `${work.how} Timed from the first item's start to the last one's end, models loaded and warm (${WARM_UP} batches each). ${REAL_LATENCY.name} for the worker, whose items come from S3 and whose outcomes go there; ` +
      `the others have theirs in memory. The machine has ${CORES} cores, on which the local cloud runs, too.`,
    header: ['', 's', '× one after another', 'of that for each core', 'bare processes / time'],
    rows: kinds.map((kind) => {
      const faster = serial / medianOf(times(kind));
      return [
        TITLES[kind],
        show(times(kind), 2),
        faster.toFixed(2),
        kind === 'serial' ? '' : (faster / CORES).toFixed(2),
        (medianOf(times('processes')) / medianOf(times(kind))).toFixed(3),
      ];
    }),
    targets: work.hasTarget
      ? [
          {
            wanted: `at least ${LEAST_OF_PROCESSES} of the same model in as many bare processes`,
            measured: ratio.toFixed(3),
            isMet: ratio >= LEAST_OF_PROCESSES,
          },
        ]
      : [],
    notes: [`What auto chose, in the worker's words: ${[...chose].join(' / ')}`],
  };
}

async function inPool(cloud: BenchCloud, { model, items, batchItems, env }: Workload, way: Way): Promise<Sample> {
  const batches: unknown[][] = [];
  for (let at = 0; at < items.length; at += batchItems) batches.push(items.slice(at, at + batchItems));
  const task = { kind: 'model', model: modelFile(model) } as const;
  const { wallMs, value } = await runPool(cloud, { way, width: CORES, task, items: batches, warmUp: WARM_UP }, env);
  return { seconds: (wallMs[0] ?? NaN) / 1_000, value };
}

async function inWorker(
  cloud: BenchCloud,
  { model, items, batchItems, env }: Workload,
  slots: 'cpus' | 'auto',
): Promise<Sample> {
  const queueUrl = await cloud.makeQueue();
  const worker = await startWorker(cloud, { queueUrl });
  const options = { slots, concurrency: slots === 'auto' ? 'auto' : 1, env } as const;
  try {
    await untilStarted(worker);
    const run = async (some: readonly unknown[]): Promise<readonly TimedOutput[]> => {
      const dataset = cloud.writeDataset('parallel.jsonl', some);
      const manifest = await cloud.submit(queueUrl, { dataset, model, batchItems, options });
      await cloud.untilEmpty(queueUrl, [worker.group]);
      return outputsOf(cloud.store, manifest);
    };
    await run(items.slice(0, WARM_UP * CORES * batchItems));
    const outputs = await run(items);
    const value = outputs.reduce((sum, output) => sum + (output.value ?? NaN), 0);
    return { seconds: busyOf(outputs).wallMs / 1_000, value, chose: shapeOf(worker.group.stdout()) };
  } finally {
    await worker.stop();
    await cloud.dropQueue(queueUrl);
  }
}

/** Returns the worker's last description of its slots. */
function shapeOf(log: string): string {
  const shapes = log.split('\n').filter((line) => line.includes('"slot-shape"'));
  const last = shapes.at(-1);
  return last === undefined
    ? 'nothing (the job was over before it had measured enough)'
    : (JSON.parse(last) as { readonly message: string }).message;
}
