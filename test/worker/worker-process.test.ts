import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { WorkerStatus } from '../../core/contract/fleet-state.js';
import { instanceStatusKey, jobEventsPrefix, outcomeKey, partialPrefix } from '../../core/contract/keys.js';
import { eventually } from '../support/eventually.js';
import { FakeMetadata, type RunningWorker, WorkerCloud } from './support/worker-process.js';

const QUICK = 'export const predict = (items) => items.map((item) => item * 2);';
/** A model that takes 20 ms an item and logs its progress. */
const SLOW = `
  export async function* predict(items) {
    for (const item of items) {
      if (item % 50 === 0) console.log('at ' + item);
      await new Promise((resolve) => setTimeout(resolve, 20));
      yield item * 2;
    }
  }`;
/** The lease is longer than any test, so a message that is visible earlier was handed back. */
const LONG_LEASE = { SPOTPOOL_LEASE_SECONDS: '600' };

let cloud: WorkerCloud;
let metadata: FakeMetadata;

beforeAll(async () => (cloud = await WorkerCloud.start()));
afterAll(() => cloud.close());
beforeEach(async () => (metadata = await FakeMetadata.start('i-0test')));
afterEach(async () => {
  await cloud.endWorkers();
  await metadata.close();
});

const { signal } = new AbortController();
const computing = (worker: RunningWorker): Promise<unknown> =>
  eventually(() => worker.events.some((event) => event.code === 'model-ready'), { what: 'a loaded model' });
const isDone = (job: string, batches: number) => async (): Promise<boolean> => {
  const { visible, inFlight } = await cloud.counts();
  return visible + inFlight === 0 && (await cloud.keys(`jobs/${job}/results/`)).length === batches;
};

it('computes the batches of a job, writes its events and status, and ends itself after its maximum idle time', async () => {
  await cloud.submit('plain', QUICK, 5, 10);
  const worker = cloud.startWorker(metadata, { SPOTPOOL_MAX_IDLE_SECONDS: '1' });
  expect(await worker.ended).toBe(0);
  expect(worker.stderr).toBe('');
  expect(await isDone('plain', 5)()).toBe(true);
  expect((await cloud.lines(outcomeKey('plain', 4)))[9]).toEqual({ index: 49, ok: true, output: 98 });
  const codes = worker.events.map((event) => event.code);
  expect([codes[0], codes.at(-1)]).toEqual(['worker-started', 'worker-ended']);
  const stored: unknown[] = [];
  for (const key of await cloud.keys(jobEventsPrefix('plain'))) stored.push(...(await cloud.lines(key)));
  expect(stored).toEqual(worker.events.filter((event) => event.job === 'plain'));
  const [status] = (await cloud.lines(instanceStatusKey('i-0test'))) as WorkerStatus[];
  expect(status).toMatchObject({ phase: 'ended', instanceType: 'c7g.large', zone: 'us-east-1a' });
});

it('prints no warning of its own, however many slots and batches it has', async () => {
  await cloud.submit('many', QUICK, 60, 5, { slots: 12, concurrency: 4 });
  const worker = cloud.startWorker(metadata, { SPOTPOOL_MAX_IDLE_SECONDS: '2' });
  await eventually(isDone('many', 60), { timeoutMs: 45_000 });
  worker.process.kill('SIGTERM');
  expect(await worker.ended).toBe(0);
  expect(worker.stderr).toBe('');
});

it('goes on working when nobody reads its log any more', async () => {
  await cloud.submit('unread', SLOW, 3, 20);
  const worker = cloud.startWorker(metadata);
  worker.process.stdout?.destroy();
  worker.process.stderr?.destroy();
  await eventually(isDone('unread', 3));
  expect(worker.process.exitCode).toBeNull();
});

it('R2: the batches of a killed worker are visible again after one short lease, and another worker computes them', async () => {
  await cloud.submit('killed', SLOW, 2, 40);
  const first = cloud.startWorker(metadata, { SPOTPOOL_LEASE_SECONDS: '2' });
  await computing(first);
  first.process.kill('SIGKILL');
  await eventually(async () => (await cloud.counts()).visible === 2, { timeoutMs: 8_000 });
  cloud.startWorker(metadata, { SPOTPOOL_LEASE_SECONDS: '2' });
  await eventually(isDone('killed', 2));
  expect(await cloud.keys('jobs/killed/attempts/')).toEqual([]);
});

it('R2: a worker keeps its batches for longer than a lease', async () => {
  await cloud.submit('kept', SLOW, 1, 200);
  const worker = cloud.startWorker(metadata, { SPOTPOOL_LEASE_SECONDS: '2' });
  await eventually(isDone('kept', 1));
  await eventually(() => worker.events.some((event) => event.code === 'batch-committed'));
  expect(worker.events.filter((event) => event.code === 'lease-lost')).toEqual([]);
  expect(worker.events.filter((event) => event.code === 'batch-committed')).toMatchObject([{ ok: 200, resumed: 0 }]);
});

it('saves finished items, hands everything back at once on SIGTERM, and exits with 0', async () => {
  await cloud.submit('stopped', SLOW, 2, 120);
  const first = cloud.startWorker(metadata, LONG_LEASE);
  await eventually(async () => (await cloud.counts()).inFlight === 2);
  await computing(first);
  await eventually(() => first.events.some((event) => event.code === 'model-log' && event.message === 'at 50'));
  first.process.kill('SIGTERM');
  expect(await first.ended).toBe(0);
  expect((await cloud.counts()).visible).toBe(2);
  const [partial = ''] = await cloud.keys(partialPrefix('stopped', 0));
  const saved = await cloud.lines(partial);
  expect(saved.length).toBeGreaterThan(0);
  const second = cloud.startWorker(metadata, LONG_LEASE);
  await eventually(isDone('stopped', 2));
  const told = () => second.events.flatMap((event) => (event.code === 'batch-committed' ? [event.resumed] : []));
  // The outcome is written before its event.
  await eventually(() => told().length === 2);
  const resumed = told();
  expect(resumed.sort((a, b) => b - a)).toEqual([saved.length, 0]);
  expect(await cloud.lines(outcomeKey('stopped', 0))).toHaveLength(120);
});

it('R3: makes its batches visible at once on an interruption notice, and stays until AWS takes the instance', async () => {
  await cloud.submit('noticed', SLOW, 2, 2_000);
  const worker = cloud.startWorker(metadata, LONG_LEASE);
  await computing(worker);
  await eventually(async () => (await cloud.counts()).inFlight === 2);
  metadata.takesAt = new Date(Date.now() + 5_000);
  await eventually(async () => (await cloud.counts()).visible === 2, { timeoutMs: 8_000 });
  const status = await eventually(async () => {
    const stored = await cloud.store.get(instanceStatusKey('i-0test'), { signal });
    const read = JSON.parse(Buffer.from(stored?.body ?? []).toString()) as WorkerStatus;
    return read.phase === 'draining' ? read : undefined;
  });
  expect(status.notice).toBe('interruption');
  expect(worker.process.exitCode).toBeNull();
  worker.process.kill('SIGTERM'); // does what the operating system does when AWS takes the instance
  expect(await worker.ended).toBe(0);
  expect(worker.events.at(-1)).toMatchObject({ code: 'worker-ended', reason: 'interruption' });
});

it('R9: ends itself, with batches and slots, when its queue and bucket are unreachable for its maximum idle time', async () => {
  const lost = await WorkerCloud.start();
  try {
    const endless =
      'console.log(process.pid); export const predict = () => new Promise((resolve) => setTimeout(resolve, 3_600_000));';
    await lost.submit('endless', endless, 1, 1);
    const worker = lost.startWorker(metadata, { SPOTPOOL_MAX_IDLE_SECONDS: '2' });
    await computing(worker);
    const pid = Number(worker.events.find((event) => event.code === 'model-log')?.message);
    await lost.cutOff();
    expect(await worker.ended).toBe(0);
    // The event that the batch could not be handed back may come a moment later.
    expect(worker.events.find(({ code }) => code === 'worker-ended')).toMatchObject({ reason: 'cut-off' });
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  } finally {
    await lost.close();
  }
});

it('names the variable that is missing, and exits with 2', async () => {
  const worker = cloud.startWorker(metadata, { SPOTPOOL_BUCKET: '' });
  expect(await worker.ended).toBe(2);
  expect(worker.stderr).toContain("SPOTPOOL_BUCKET is missing: set it to the name of the stack's bucket");
});
