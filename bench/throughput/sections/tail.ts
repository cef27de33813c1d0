/**
 * Measures the end of a job with one slow worker: batches of one size against batches that shrink with the
 * remaining work.
 */
import path from 'node:path';
import { definedFields } from '../../../core/defined-fields.js';
import { inRounds, show } from '../../support/rounds.js';
import type { Section } from '../../support/section.js';
import { type BenchCloud, NO_LATENCY, REAL_LATENCY } from '../lab/cloud.js';
import { outputsOf, type TimedOutput } from '../lab/outcomes.js';
import { startWorker, untilStarted } from '../lab/worker.js';
import type { Sizes } from '../sizes.js';

const WORKERS = 8;
/** A busy neighbour or an older processor has this effect. */
const SLOW_TIMES = 4;
const ITEM_MS = 20;

interface Way {
  readonly title: string;
  /** Undefined lets `submit` choose the size. */
  readonly batchItems?: number;
}

export interface TailRun {
  /** The time from the start of the first item to the end of the last. */
  readonly wholeMs: number;
  /** The time from the first worker that finds no batch left to the end of the last worker. */
  readonly tailMs: number;
  /** The share of all workers' time that is paid for and not used. */
  readonly idleShare: number;
  readonly batches: number;
}

export async function tail(cloud: BenchCloud, sizes: Sizes): Promise<Section> {
  const items = sizes.tailItems;
  const largest = Math.ceil(items / 128);
  const ways: readonly Way[] = [
    { title: 'falling, as submit chooses' },
    { title: `all of ${largest}, its largest`, batchItems: largest },
    { title: `all of ${8 * largest}`, batchItems: 8 * largest },
  ];
  await cloud.slowDown(REAL_LATENCY);
  const runs = await inRounds(ways, sizes.rounds, (way, round) =>
    runOnce(cloud, { items, file: `slow-${ways.indexOf(way)}-${round}`, ...way }),
  );
  await cloud.slowDown(NO_LATENCY);
  const idealMs = items / ((WORKERS - 1) / ITEM_MS + 1 / (ITEM_MS * SLOW_TIMES));
  return {
    title: 'The end of a job with one slow instance',
    how:
      `${items.toLocaleString('en-US')} items of ${ITEM_MS} ms on ${WORKERS} workers of one slot, on one of which they take ${SLOW_TIMES} times as long; ${REAL_LATENCY.name}. ` +
      'The tail: from when the first worker had nothing left to the end. Ideal: the items shared out without a rest.',
    header: ['batches', 'how many', 's', 'ideal / time', 'tail, s', 'of all that is paid for, idle'],
    rows: ways.map((way) => {
      const of = (figure: (run: TailRun) => number): number[] => (runs.get(way) ?? []).map(figure);
      return [
        way.title,
        show(of(({ batches }) => batches)),
        show(
          of(({ wholeMs }) => wholeMs / 1_000),
          2,
        ),
        show(
          of(({ wholeMs }) => idealMs / wholeMs),
          3,
        ),
        show(
          of(({ tailMs }) => tailMs / 1_000),
          2,
        ),
        show(
          of(({ idleShare }) => idleShare),
          3,
        ),
      ];
    }),
    targets: [],
  };
}

async function runOnce(
  cloud: BenchCloud,
  { items, file, batchItems }: { readonly items: number; readonly file: string; readonly batchItems?: number },
): Promise<TailRun> {
  const queueUrl = await cloud.makeQueue();
  const workers = await Promise.all(Array.from({ length: WORKERS }, () => startWorker(cloud, { queueUrl })));
  try {
    await Promise.all(workers.map(untilStarted));
    const dataset = cloud.writeDataset(
      'tail.jsonl',
      Array.from({ length: items }, () => ({ ms: ITEM_MS })),
    );
    const env = { BENCH_SLOW_FILE: path.join(cloud.scratch, file), BENCH_SLOW_TIMES: String(SLOW_TIMES) };
    const options = { env, maxWorkers: WORKERS };
    const manifest = await cloud.submit(queueUrl, {
      dataset,
      model: 'uneven.mjs',
      options,
      ...definedFields({ batchItems }),
    });
    await cloud.untilEmpty(
      queueUrl,
      workers.map(({ group }) => group),
    );
    return { ...tailOf(await outputsOf(cloud.store, manifest), WORKERS), batches: manifest.batches };
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
    await cloud.dropQueue(queueUrl);
  }
}

export function tailOf(outputs: readonly TimedOutput[], workers: number): Omit<TailRun, 'batches'> {
  const startMs = Math.min(...outputs.map((output) => output.startMs));
  const endOf = new Map<number, number>();
  for (const { pid, endMs } of outputs) endOf.set(pid, Math.max(endMs, endOf.get(pid) ?? 0));
  if (endOf.size !== workers) throw new Error(`${endOf.size} of ${workers} workers took part in the job.`);
  const ends = [...endOf.values()];
  const wholeMs = Math.max(...ends) - startMs;
  const usedMs = ends.reduce((sum, endMs) => sum + endMs - startMs, 0);
  return { wholeMs, tailMs: Math.max(...ends) - Math.min(...ends), idleShare: 1 - usedMs / (wholeMs * workers) };
}
