/** Measures many concurrent downloads, as in the asyncio literature, against the worker with a dataset of objects. */
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { atOnce, inRounds, medianOf, show } from '../../support/rounds.js';
import type { Section, Target } from '../../support/section.js';
import type { Way } from '../children/pool.js';
import { type BenchCloud, BUCKET, type Latency, NO_LATENCY, REGION } from '../lab/cloud.js';
import { limitOf, meanOf } from '../lab/figures.js';
import { outputsOf } from '../lab/outcomes.js';
import { runPool } from '../lab/pools.js';
import { type BenchWorker, startWorker, untilStarted } from '../lab/worker.js';
import type { Sizes } from '../sizes.js';

/** The delay has a minimum and differs between requests. */
const SPREAD: Latency = { name: 'S3 30 to 90 ms, SQS 10 ms', sqsMs: 10, s3Ms: [30, 90] };
const OBJECT_BYTES = 64 * 1024;
/** The worker uses this width (DOWNLOADS_AT_ONCE in worker/batch/batch-input.ts), and so do the others here. */
const WIDTH = 16;
const LEAST_OF_LIMIT = 0.95;
const WAYS: readonly Way[] = ['serial', 'processes', 'threads', 'async'];
const TITLES: Readonly<Record<Way | 'ours', string>> = {
  serial: 'one after another',
  processes: 'processes',
  threads: 'threads',
  async: 'asynchronous',
  ours: 'spotpool',
};

/** With more downloads than run at once, a second pass is unnecessary. */
const passesOf = (count: number, { downloadPasses }: Sizes): number => (count <= WIDTH ? downloadPasses : 1);

interface Sample {
  /** The mean of the passes. */
  readonly ms: number;
  /** The time to start the lanes. */
  readonly loadMs?: number;
  /** The best possible time with this width, computed from the times of sequential downloads. */
  readonly limitMs?: number;
}

export async function downloads(cloud: BenchCloud, sizes: Sizes): Promise<Section> {
  for (const count of sizes.downloads) {
    await atOnce(count, WIDTH, (n) =>
      cloud.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: keyOf(count, n), Body: new Uint8Array(OBJECT_BYTES) })),
    );
  }
  await cloud.slowDown(SPREAD);
  const rows: string[][] = [];
  const targets: Target[] = [];
  for (const count of sizes.downloads) {
    const samples = await measure(cloud, count, sizes);
    const limit = medianOf((samples.get('serial') ?? []).map(({ limitMs = NaN }) => limitMs));
    const serial = medianOf((samples.get('serial') ?? []).map(({ ms }) => ms));
    for (const [way, found] of samples) {
      const times = found.map(({ ms }) => ms);
      const loads = found.flatMap(({ loadMs }) => (loadMs === undefined ? [] : [loadMs]));
      rows.push([
        `${count.toLocaleString('en-US')}: ${TITLES[way]}`,
        show(times),
        (serial / medianOf(times)).toFixed(1),
        (limit / medianOf(times)).toFixed(2),
        loads.length === 0 ? '' : show(loads),
      ]);
    }
    rows.push([
      `${count.toLocaleString('en-US')}: the limit`,
      limit.toFixed(0),
      (serial / limit).toFixed(1),
      '1.00',
      '',
    ]);
    const ours = limit / medianOf((samples.get('ours') ?? []).map(({ ms }) => ms));
    targets.push({
      wanted: `${count.toLocaleString('en-US')} downloads: at least ${LEAST_OF_LIMIT} of the limit`,
      measured: ours.toFixed(2),
      isMet: ours >= LEAST_OF_LIMIT,
    });
  }
  await cloud.slowDown(NO_LATENCY);
  return {
    title: 'Downloads',
    how:
      `Objects of ${OBJECT_BYTES / 1024} KiB into files, ${SPREAD.name} (evenly spread, each request anew). Threads and processes download one at a time each; ` +
      `all but "one after another" have ${WIDTH} at once (10 for 10 downloads), as the worker. Each is timed from the first request to the last file, with its lanes started; starting them is the last column. ` +
      `Ours: a batch of the dataset s3://bucket/prefix/, from the first object's request to the model's last item. ` +
      'The limit, from the times of the single downloads one after another, with nothing beside them: the slowest of 10, on average; or, for more than are at once, the sum over the number at once. ' +
      `One after another ${sizes.serialDownloads} are done, and the time is scaled; up to ${WIDTH}, ${sizes.downloadPasses} passes are averaged.`,
    header: ['', 'ms', '× one after another', 'limit / time', 'starting, ms'],
    rows,
    targets,
  };
}

const prefixOf = (count: number): string => `objects-${count}/`;
const keyOf = (count: number, n: number): string => `${prefixOf(count)}${String(n).padStart(4, '0')}.bin`;

type Samples = ReadonlyMap<Way | 'ours', readonly Sample[]>;

async function measure(cloud: BenchCloud, count: number, sizes: Sizes): Promise<Samples> {
  // One worker serves all rounds, with its model loaded.
  const queueUrl = await cloud.makeQueue();
  const worker = await startWorker(cloud, { queueUrl });
  try {
    await untilStarted(worker);
    await fetchInWorker(cloud, worker, queueUrl, Math.min(...sizes.downloads));
    return await inRounds([...WAYS, 'ours' as const], sizes.rounds, async (way): Promise<Sample> => {
      if (way !== 'ours') return fetchInPool(cloud, way, count, sizes);
      const passes: number[] = [];
      for (let pass = 0; pass < passesOf(count, sizes); pass += 1) {
        passes.push(await fetchInWorker(cloud, worker, queueUrl, count));
      }
      return { ms: meanOf(passes) };
    });
  } finally {
    await worker.stop();
    await cloud.dropQueue(queueUrl);
  }
}

async function fetchInPool(cloud: BenchCloud, way: Way, count: number, sizes: Sizes): Promise<Sample> {
  const done = way === 'serial' ? sizes.serialDownloads : count;
  const passes = way === 'serial' ? 1 : passesOf(count, sizes);
  const { endpoint, scratch: directory } = cloud;
  const task = { kind: 'download', endpoint, region: REGION, bucket: BUCKET, directory } as const;
  const items = Array.from({ length: done }, (_, n) => keyOf(count, n % count));
  const width = Math.min(count, WIDTH);
  const { wallMs, loadMs, itemMs, value } = await runPool(cloud, { way, width, task, items, passes });
  if (value !== done * passes * OBJECT_BYTES) throw new Error(`${way}: ${value} bytes arrived from ${done} objects.`);
  const ms = meanOf(wallMs);
  return way === 'serial'
    ? { ms: (ms / done) * count, loadMs, limitMs: limitOf(itemMs, { count, atOnce: WIDTH }) }
    : { ms, loadMs };
}

async function fetchInWorker(cloud: BenchCloud, worker: BenchWorker, queueUrl: string, count: number): Promise<number> {
  await cloud.forgetRequests();
  const dataset = `s3://${BUCKET}/${prefixOf(count)}`;
  const manifest = await cloud.submit(queueUrl, { dataset, model: 'files.mjs', batchItems: count });
  await cloud.untilEmpty(queueUrl, [worker.group]);
  const outputs = await outputsOf(cloud.store, manifest);
  const requests = await cloud.requests();
  const first = requests.find(
    ({ action, parameters }) => action === 'GetObject' && (parameters['Key'] ?? '').startsWith(prefixOf(count)),
  );
  if (first === undefined || manifest.batches !== 1) throw new Error('The objects were not fetched as one batch.');
  return Math.max(...outputs.map(({ endMs }) => endMs)) - Date.parse(first.at);
}
