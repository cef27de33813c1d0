/**
 * Measures the cost of a reclaim: the time until the batch in hand is visible again, and the share of its work that
 * is lost.
 */
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { partialPrefix } from '../../../core/contract/keys.js';
import { atOnce } from '../../support/rounds.js';
import type { Section } from '../../support/section.js';
import { type BenchCloud, NO_LATENCY, REAL_LATENCY } from '../lab/cloud.js';
import { startWorker } from '../lab/worker.js';
import { meanOf, percentile } from '../lab/figures.js';
import type { Sizes } from '../sizes.js';

/** This is far more than the two minutes of a notice allow, so the batch in hand cannot be finished. */
const ITEMS = 3_600;
const ITEM_MS = 100;
const LEASE_SECONDS = 5;
/** Reclaims must fall at any point of a heartbeat, a metadata poll and a slice. */
const WORK_MS = [1_000, 3_000] as const;
const WORKERS_AT_ONCE = 8;
const MOST_NOTICE_MS = 1_000;
const LONG_POLL_SECONDS = 20;
const START_TIMEOUT_MS = 60_000;

type Kind = 'notice' | 'kill';

export interface Reclaim {
  readonly visibleMs: number;
  readonly itemsDone: number;
  readonly itemsSaved: number;
}

export async function reclaims(cloud: BenchCloud, sizes: Sizes): Promise<Section> {
  const found: Record<Kind, Reclaim[]> = { notice: [], kill: [] };
  await cloud.slowDown(REAL_LATENCY);
  await atOnce(sizes.reclaims * 2, WORKERS_AT_ONCE, async (n) => {
    const kind = n % 2 === 0 ? 'notice' : 'kill';
    found[kind].push(await reclaimOnce(cloud, kind, n));
  });
  await cloud.slowDown(NO_LATENCY);
  const noticed = found.notice.map(({ visibleMs }) => visibleMs);
  return {
    title: 'Reclaims',
    how:
      `${sizes.reclaims} with a notice (two minutes ahead, in the instance's metadata) and as many without (the worker's processes are killed), ${WORKERS_AT_ONCE} workers side by side, ${REAL_LATENCY.name}, ` +
      `each ${WORK_MS.map((ms) => ms / 1_000).join(' to ')} s into a batch of ${(ITEMS * ITEM_MS) / 60_000} minutes (items of ${ITEM_MS} ms). ` +
      `Visible again: when a long poll of somebody else brings it. Leases are ${LEASE_SECONDS} s here (20 s by default). ` +
      'Lost: items that the model had done and nobody has; without saved progress, all that it had done.',
    header: ['', 'visible again, ms: p50', 'p99', 'most', 'items done', 'lost, with saved progress', 'lost, without'],
    rows: (['notice', 'kill'] as const).map((kind) => {
      const times = found[kind].map(({ visibleMs }) => visibleMs);
      const mean = (figure: (one: Reclaim) => number): string => meanOf(found[kind].map(figure)).toFixed(1);
      return [
        kind === 'notice' ? 'from the notice' : 'from the kill',
        ...[0.5, 0.99, 1].map((share) => percentile(times, share).toFixed(0)),
        mean(({ itemsDone }) => itemsDone),
        mean(({ itemsDone, itemsSaved }) => itemsDone - itemsSaved),
        mean(({ itemsDone }) => itemsDone),
      ];
    }),
    targets: [
      {
        wanted: `p99 from notice to visible under ${MOST_NOTICE_MS} ms`,
        measured: `${percentile(noticed, 0.99).toFixed(0)} ms`,
        isMet: percentile(noticed, 0.99) < MOST_NOTICE_MS,
      },
    ],
  };
}

/** Starts a worker and a queue that holds nothing but the batch in the worker's hand. */
export async function reclaimOnce(
  cloud: BenchCloud,
  kind: Kind,
  n: number,
  [least, most]: readonly [number, number] = WORK_MS,
): Promise<Reclaim> {
  const queueUrl = await cloud.makeQueue();
  const done = path.join(cloud.scratch, `done-${n}`);
  const items = Array.from({ length: ITEMS }, () => ({ ms: ITEM_MS }));
  const dataset = cloud.writeDataset(`reclaim-${n}.jsonl`, items);
  const worker = await startWorker(cloud, { queueUrl, env: { SPOTPOOL_LEASE_SECONDS: String(LEASE_SECONDS) } });
  try {
    const options = { env: { BENCH_DONE: done } };
    const { job } = await cloud.submit(queueUrl, { dataset, model: 'waiting.mjs', batchItems: ITEMS, options });
    await untilWorking(done);
    await delay(least + Math.random() * (most - least));
    const visible = untilVisible(cloud, queueUrl);
    await delay(50); // By then the poll is open.
    const reclaimedMs = performance.now();
    if (kind === 'notice') worker.metadata.notice();
    else process.kill(-worker.group.pid, 'SIGKILL');
    const visibleMs = (await visible) - reclaimedMs;
    const itemsDone = statSync(done).size;
    return { visibleMs, itemsDone, itemsSaved: await savedItems(cloud, job) };
  } finally {
    await worker.stop();
    await cloud.dropQueue(queueUrl);
  }
}

async function untilWorking(done: string): Promise<void> {
  const deadlineMs = Date.now() + START_TIMEOUT_MS;
  while (!existsSync(done)) {
    if (Date.now() > deadlineMs) throw new Error('A worker did not start to work.');
    await delay(20);
  }
}

/** Waits until another receiver gets the only message of the queue. */
async function untilVisible({ sqs }: BenchCloud, QueueUrl: string): Promise<number> {
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: LONG_POLL_SECONDS }),
    );
    const [message] = Messages;
    if (message === undefined) continue;
    const atMs = performance.now();
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
    return atMs;
  }
}

async function savedItems({ store }: BenchCloud, job: string): Promise<number> {
  const { signal } = new AbortController();
  const saved = new Set<string>();
  for await (const { key } of store.list(partialPrefix(job, 0), { signal })) {
    const stored = await store.get(key, { signal });
    const text = new TextDecoder().decode(stored?.body);
    for (const line of text.trimEnd().split('\n')) saved.add(line);
  }
  return saved.size;
}
