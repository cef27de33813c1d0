/** Measures how soon a started worker works, which each new instance of a fleet adds to its boot. */
import { show } from '../../support/rounds.js';
import type { Section } from '../../support/section.js';
import { type BenchCloud, type Latency, NO_LATENCY, REAL_LATENCY } from '../lab/cloud.js';
import { outputsOf } from '../lab/outcomes.js';
import { startWorker } from '../lab/worker.js';
import type { Sizes } from '../sizes.js';

const COMPUTE_MS = 50;

interface Start {
  readonly firstReceiveMs: number;
  readonly firstItemMs: number;
  readonly firstOutcomeMs: number;
}

export async function start(cloud: BenchCloud, sizes: Sizes): Promise<Section> {
  const latencies: readonly Latency[] = [NO_LATENCY, REAL_LATENCY];
  const starts = new Map<Latency, Start[]>(latencies.map((latency) => [latency, []]));
  for (let round = 0; round < sizes.starts; round += 1) {
    for (const latency of round % 2 === 0 ? latencies : [...latencies].reverse()) {
      await cloud.slowDown(latency);
      starts.get(latency)?.push(await startOnce(cloud));
    }
  }
  await cloud.slowDown(NO_LATENCY);
  const of = (latency: Latency, figure: (one: Start) => number): string =>
    show((starts.get(latency) ?? []).map(figure));
  return {
    title: 'Start',
    how:
      `${sizes.starts} starts of the worker's process, with a job in the queue and nothing of its model on the instance. From the start of the process to the arrival of its first receive, to the model's ` +
      `first item (the model is fetched, unpacked and loaded in between), and to the arrival of the first outcome (a batch of ${COMPUTE_MS} ms).`,
    header: ['', 'first receive, ms', 'first item, ms', 'first outcome, ms'],
    rows: latencies.map((latency) => [
      latency.name,
      of(latency, ({ firstReceiveMs }) => firstReceiveMs),
      of(latency, ({ firstItemMs }) => firstItemMs),
      of(latency, ({ firstOutcomeMs }) => firstOutcomeMs),
    ]),
    targets: [],
  };
}

async function startOnce(cloud: BenchCloud): Promise<Start> {
  const queueUrl = await cloud.makeQueue();
  const dataset = cloud.writeDataset('start.jsonl', [{ ms: COMPUTE_MS }]);
  const manifest = await cloud.submit(queueUrl, { dataset, model: 'busy.mjs', batchItems: 1 });
  await cloud.forgetRequests();
  const startedMs = Date.now();
  const worker = await startWorker(cloud, { queueUrl });
  try {
    await cloud.untilEmpty(queueUrl, [worker.group]);
    const requests = await cloud.requests();
    const arrival = (action: string, keyPart = ''): number => {
      const found = requests.find(
        (request) => request.action === action && (request.parameters['Key'] ?? '').includes(keyPart),
      );
      if (found === undefined) throw new Error(`The worker made no ${action}.`);
      return Date.parse(found.at) - startedMs;
    };
    const [first] = await outputsOf(cloud.store, manifest);
    return {
      firstReceiveMs: arrival('ReceiveMessage'),
      firstItemMs: (first?.startMs ?? NaN) - startedMs,
      firstOutcomeMs: arrival('PutObject', '/results/'),
    };
  } finally {
    await worker.stop();
    await cloud.dropQueue(queueUrl);
  }
}
