/**
 * Measures whether fetch, compute and commit overlap: the time of N batches divided by t1 + N·t2 + t3, in which
 * only compute counts N times.
 */
import { medianOf, show } from '../../support/rounds.js';
import type { Section } from '../../support/section.js';
import { type BenchCloud, NO_LATENCY, REAL_LATENCY } from '../lab/cloud.js';
import { busyOf, outputsOf } from '../lab/outcomes.js';
import { type BenchWorker, startWorker, untilStarted } from '../lab/worker.js';
import type { Sizes } from '../sizes.js';

const ITEMS_PER_BATCH = 10;
const LONE_BATCHES = 3;
const LEAST_OF_IDEAL = 0.95;
/** The interval at which the queue is polled for being empty; single batches include the same delay. */
const LOOK_EVERY_MS = 5;

export interface Shape {
  readonly title: string;
  readonly computeMs: number;
  readonly batchBytes: number;
}

const SHAPES: readonly Shape[] = [
  { title: '100 ms, 1 KiB', computeMs: 100, batchBytes: 1024 },
  { title: '100 ms, 1 MiB', computeMs: 100, batchBytes: 1024 ** 2 },
  { title: '50 ms, 1 KiB', computeMs: 50, batchBytes: 1024 },
];

interface Stages {
  /** The time from sending the first message to the model's first start. */
  readonly beforeMs: number;
  readonly computeMs: number;
  /** The time from the model's last end to the empty queue. */
  readonly afterMs: number;
  readonly wholeMs: number;
}

export interface PipelineRun {
  readonly idealMs: number;
  readonly serialMs: number;
  readonly measuredMs: number;
  readonly lone: { readonly beforeMs: number; readonly afterMs: number };
}

export async function pipeline(cloud: BenchCloud, sizes: Sizes, shapes = SHAPES): Promise<Section> {
  await cloud.slowDown(REAL_LATENCY);
  const runs = new Map<Shape, PipelineRun[]>(shapes.map((shape) => [shape, []]));
  for (let round = 0; round < sizes.rounds; round += 1) {
    const ordered = round % 2 === 0 ? shapes : [...shapes].reverse();
    for (const shape of ordered) runs.get(shape)?.push(await runOnce(cloud, shape, sizes.pipelineBatches));
  }
  await cloud.slowDown(NO_LATENCY);
  const of = (shape: Shape, figure: (run: PipelineRun) => number): number[] => (runs.get(shape) ?? []).map(figure);
  const ratio = ({ idealMs, measuredMs }: PipelineRun): number => idealMs / measuredMs;
  return {
    title: 'Pipeline',
    how:
      `${sizes.pipelineBatches} batches of ${ITEMS_PER_BATCH} items through one slot, ${REAL_LATENCY.name}, from the first message's sending to the empty queue. ` +
      `t1 and t3 are those of lone batches (median of ${LONE_BATCHES}) on the same worker, with the model loaded; N·t2 is what the model's clock says it computed. ` +
      'Ideal: t1 + N·t2 + t3. One after another: N·(t1 + t2 + t3).',
    header: [
      'compute, input',
      't1, ms',
      't3, ms',
      'ideal, s',
      'measured, s',
      'ideal / measured',
      '× one after another',
    ],
    rows: shapes.map((shape) => [
      shape.title,
      show(of(shape, ({ lone }) => lone.beforeMs)),
      show(of(shape, ({ lone }) => lone.afterMs)),
      show(
        of(shape, ({ idealMs }) => idealMs / 1_000),
        2,
      ),
      show(
        of(shape, ({ measuredMs }) => measuredMs / 1_000),
        2,
      ),
      show(of(shape, ratio), 3),
      show(
        of(shape, ({ serialMs, measuredMs }) => serialMs / measuredMs),
        2,
      ),
    ]),
    targets: shapes.map((shape) => {
      const median = medianOf(of(shape, ratio));
      return {
        wanted: `${shape.title}: at least ${LEAST_OF_IDEAL} of the ideal`,
        measured: median.toFixed(3),
        isMet: median >= LEAST_OF_IDEAL,
      };
    }),
  };
}

async function runOnce(cloud: BenchCloud, shape: Shape, batches: number): Promise<PipelineRun> {
  const queueUrl = await cloud.makeQueue();
  const worker = await startWorker(cloud, { queueUrl });
  try {
    await untilStarted(worker);
    await stagesOf(cloud, worker, queueUrl, shape, 1); // This batch loads the model.
    const lone: Stages[] = [];
    for (let n = 0; n < LONE_BATCHES; n += 1) lone.push(await stagesOf(cloud, worker, queueUrl, shape, 1));
    const all = await stagesOf(cloud, worker, queueUrl, shape, batches);
    const beforeMs = medianOf(lone.map((stages) => stages.beforeMs));
    const afterMs = medianOf(lone.map((stages) => stages.afterMs));
    return {
      idealMs: beforeMs + all.computeMs + afterMs,
      serialMs: batches * (beforeMs + afterMs) + all.computeMs,
      measuredMs: all.wholeMs,
      lone: { beforeMs, afterMs },
    };
  } finally {
    await worker.stop();
    await cloud.dropQueue(queueUrl);
  }
}

async function stagesOf(
  cloud: BenchCloud,
  worker: BenchWorker,
  queueUrl: string,
  { computeMs, batchBytes }: Shape,
  batches: number,
): Promise<Stages> {
  const pad = 'x'.repeat(batchBytes / ITEMS_PER_BATCH);
  const items = Array.from({ length: batches * ITEMS_PER_BATCH }, () => ({ ms: computeMs / ITEMS_PER_BATCH, pad }));
  const dataset = cloud.writeDataset('pipeline.jsonl', items);
  let sentMs = 0;
  const manifest = await cloud.submit(queueUrl, { dataset, model: 'busy.mjs', batchItems: ITEMS_PER_BATCH }, () => {
    sentMs = Date.now();
  });
  await cloud.untilEmpty(queueUrl, [worker.group], LOOK_EVERY_MS);
  const emptyMs = Date.now();
  const outputs = await outputsOf(cloud.store, manifest);
  const { computeMs: sum, wallMs } = busyOf(outputs);
  const firstMs = Math.min(...outputs.map(({ startMs }) => startMs));
  return {
    beforeMs: firstMs - sentMs,
    computeMs: sum,
    afterMs: emptyMs - (firstMs + wallMs),
    wholeMs: emptyMs - sentMs,
  };
}
