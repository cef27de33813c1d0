/**
 * Measures the effect of a worker's memory budget: its resident memory with large batches, with the budget and
 * without.
 */
import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { definedFields } from '../../../core/defined-fields.js';
import { inRounds, medianOf, show } from '../../support/rounds.js';
import type { Section } from '../../support/section.js';
import { mostResidentBytesOf } from '../../support/usage.js';
import { type BenchCloud, NO_LATENCY, REAL_LATENCY } from '../lab/cloud.js';
import { outputsOf } from '../lab/outcomes.js';
import { buildUnboundedWorker } from '../lab/unbounded-worker.js';
import { startWorker, untilStarted } from '../lab/worker.js';
import type { Sizes } from '../sizes.js';

const MIB = 1024 ** 2;
const ITEMS_PER_BATCH = 32;
const SLOTS = 8;
const SMALL_BYTES = 1024;

interface Way {
  readonly title: string;
  readonly itemBytes: number;
  readonly program?: string;
}

interface Sample {
  readonly residentBytes: number;
  readonly seconds: number;
}

export async function memory(cloud: BenchCloud, sizes: Sizes): Promise<Section> {
  const program = await buildUnboundedWorker(path.join(cloud.scratch, 'unbounded'));
  const ways: readonly Way[] = [
    { title: 'small batches (32 KiB)', itemBytes: SMALL_BYTES },
    { title: 'batches of 32 MiB, with the budget', itemBytes: MIB },
    { title: 'batches of 32 MiB, without it', itemBytes: MIB, program },
  ];
  await cloud.slowDown(REAL_LATENCY);
  const samples = await inRounds(ways, sizes.rounds, (way) => runOnce(cloud, way, sizes.memoryBatches));
  await cloud.slowDown(NO_LATENCY);
  const of = (way: Way): readonly Sample[] => samples.get(way) ?? [];
  return {
    title: 'Memory with and without the budget',
    how:
      `${sizes.memoryBatches} batches of ${ITEMS_PER_BATCH} items through ${SLOTS} slots whose model waits half a second a batch, ${REAL_LATENCY.name}. The worker's budget for fetched input and uncommitted results is 32 MiB for each core; ` +
      '"without it" is the same worker, built for this with that number lifted. The most that the worker itself had resident, without its slots.',
    header: ['', 'most resident, MB', 's'],
    rows: ways.map((way) => [
      way.title,
      show(of(way).map(({ residentBytes }) => residentBytes / 1e6)),
      show(
        of(way).map(({ seconds }) => seconds),
        1,
      ),
    ]),
    targets: [],
    notes: [`Without the budget: ${ratioOf(of(ways[2] as Way), of(ways[1] as Way)).toFixed(2)} times the memory.`],
  };
}

const ratioOf = (a: readonly Sample[], b: readonly Sample[]): number =>
  medianOf(a.map(({ residentBytes }) => residentBytes)) / medianOf(b.map(({ residentBytes }) => residentBytes));

async function runOnce(cloud: BenchCloud, { itemBytes, program }: Way, batches: number): Promise<Sample> {
  const queueUrl = await cloud.makeQueue();
  const dataset = path.join(cloud.scratch, 'memory.jsonl');
  await pipeline(Readable.from(linesOf(batches * ITEMS_PER_BATCH, itemBytes)), createWriteStream(dataset));
  const worker = await startWorker(cloud, { queueUrl, ...definedFields({ program }) });
  try {
    await untilStarted(worker);
    const options = { slots: SLOTS, env: { BENCH_DONE: '/dev/null' } };
    const job = { dataset, model: 'waiting.mjs', batchItems: ITEMS_PER_BATCH, options };
    let startedMs = 0;
    const manifest = await cloud.submit(queueUrl, job, () => (startedMs = performance.now()));
    await cloud.untilEmpty(queueUrl, [worker.group]);
    const seconds = (performance.now() - startedMs) / 1_000;
    await outputsOf(cloud.store, manifest);
    return { residentBytes: mostResidentBytesOf(worker.group.pid), seconds };
  } finally {
    await worker.stop();
    await cloud.dropQueue(queueUrl);
  }
}

function* linesOf(items: number, bytes: number): Generator<string> {
  const pad = 'x'.repeat(bytes);
  for (let n = 0; n < items; n += 1) yield `{"ms":16,"pad":"${pad}"}\n`;
}
