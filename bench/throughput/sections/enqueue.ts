/** Measures how fast a large dataset gets into the queue, and how much memory that takes. */
import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { definedFields } from '../../../core/defined-fields.js';
import { versionOf } from '../../peers/catalogue.js';
import { install } from '../../peers/install.js';
import { inRounds, medianOf, show } from '../../support/rounds.js';
import type { Section } from '../../support/section.js';
import type { SenderResult, SenderSetup } from '../children/senders.js';
import { type BenchCloud, BUCKET, modelFile, NO_LATENCY, REAL_LATENCY, REGION } from '../lab/cloud.js';
import { runChild } from '../lab/run-child.js';
import type { Sizes } from '../sizes.js';

const SQS_PRODUCER = { name: 'sqs-producer', installer: 'npm' } as const;
/** Submit makes this many concurrent calls (CALLS_AT_ONCE in runner/submit/send-batches.ts). */
const AT_ONCE = 8;

export interface Way {
  readonly title: string;
  readonly how: SenderSetup['how'];
  readonly items: number;
  readonly atOnce: number;
  readonly batchItems?: number;
}

export interface Sample extends SenderResult {
  readonly calls: number;
}

export async function enqueue(cloud: BenchCloud, sizes: Sizes): Promise<Section> {
  const { enqueuedItems: items, enqueueSample: sample } = sizes;
  const dataset = path.join(cloud.scratch, 'items.jsonl');
  await pipeline(Readable.from(linesOf(items)), createWriteStream(dataset));
  const installed = await install(SQS_PRODUCER);
  const producer = `sqs-producer ${versionOf(SQS_PRODUCER)}`;
  const smallBatch = 10;
  const ways: readonly Way[] = [
    { title: 'spotpool submit', how: 'submit', items, atOnce: 1 },
    { title: `spotpool submit --batch-size ${smallBatch}`, how: 'submit', items, atOnce: 1, batchItems: smallBatch },
    { title: `${producer}, one call at a time`, how: 'sqs-producer', items: sample * 10, atOnce: 1 },
    { title: `${producer}, ${AT_ONCE} at once`, how: 'sqs-producer', items: sample * 10 * AT_ONCE, atOnce: AT_ONCE },
    { title: 'one send an item', how: 'one-by-one', items: sample, atOnce: 1 },
  ];
  await cloud.slowDown(REAL_LATENCY);
  const samples = await inRounds(ways, sizes.rounds, (way) => sendOnce(cloud, way, { dataset, installed }));
  await cloud.slowDown(NO_LATENCY);
  const figures = (way: Way, figure: (one: Sample) => number): number[] => (samples.get(way) ?? []).map(figure);
  const itemsPerSecond = (way: Way): number[] => figures(way, ({ seconds }) => way.items / seconds);
  const [ours] = ways;
  return {
    title: `Enqueueing ${items.toLocaleString('en-US')} items`,
    how:
      `From a file of JSON lines (some 60 bytes each) to the last message in the queue, ${REAL_LATENCY.name}, by a process of its own. Ours is what \`spotpool submit\` does: it packs the model, ` +
      `uploads the dataset, and sends a message for each batch (of a size that it chooses, then of ${smallBatch} items). The others send the items themselves, as messages, from a sample of the items ` +
      `(${ways.map((way) => way.items.toLocaleString('en-US')).join(', ')} items, in the order of the rows): "all, s" is scaled from it, their memory is that of the sample.`,
    header: ['', 'items/s', 'all, s', 'messages', 'calls to SQS/s', 'resident, MB', 'CPU, s', '× slower'],
    rows: ways.map((way) => [
      way.title,
      show(itemsPerSecond(way)),
      show(
        itemsPerSecond(way).map((rate) => items / rate),
        1,
      ),
      medianOf(figures(way, ({ messages }) => messages)).toLocaleString('en-US'),
      show(figures(way, ({ calls, seconds }) => calls / seconds)),
      show(figures(way, ({ residentBytes }) => residentBytes / 1e6)),
      show(
        figures(way, ({ cpuSeconds }) => cpuSeconds),
        1,
      ),
      ours === undefined ? '' : (medianOf(itemsPerSecond(ours)) / medianOf(itemsPerSecond(way))).toFixed(1),
    ]),
    targets: [],
  };
}

export function* linesOf(items: number): Generator<string> {
  for (let n = 0; n < items; n += 1) yield `{"id":${n},"smiles":"CC(=O)Nc1ccc(O)cc1","ms":0.01,"n":${n % 97}}\n`;
}

export async function sendOnce(
  cloud: BenchCloud,
  { how, items, atOnce, batchItems }: Way,
  where: { readonly dataset: string; readonly installed: string },
): Promise<Sample> {
  const queueUrl = await cloud.makeQueue();
  await cloud.forgetRequests();
  const setup: SenderSetup = {
    ...where,
    how,
    items,
    atOnce,
    queueUrl,
    bucket: BUCKET,
    endpoint: cloud.endpoint,
    region: REGION,
    model: modelFile('busy.mjs'),
    ...definedFields({ batchItems }),
  };
  const result = await runChild<SenderResult>(cloud, 'send', setup);
  const calls = (await cloud.requests()).filter(({ action }) => action.startsWith('SendMessage')).length;
  const queued = await cloud.queued(queueUrl);
  if (queued !== result.messages) throw new Error(`${queued} of ${result.messages} messages are in the queue.`);
  await cloud.dropQueue(queueUrl);
  return { ...result, calls };
}
