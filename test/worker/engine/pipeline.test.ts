import { afterEach, describe, expect, it } from 'vitest';
import { outcomeKey } from '../../../core/contract/keys.js';
import { type SubmitOptions, WorkerWorld } from '../support/worker-world.js';

const GET_MS = 30;
const PUT_MS = 30;
const RECEIVE_MS = 10;

const worlds: WorkerWorld[] = [];
/** A worker whose requests take time. */
function world(limits?: ConstructorParameters<typeof WorkerWorld>[0]): WorkerWorld {
  const w = new WorkerWorld(limits);
  worlds.push(w);
  w.queue.receiveDelayMs = RECEIVE_MS;
  const { signal } = new AbortController();
  w.store.before = (call, key) => {
    if (call === 'get' && key.includes('/input/')) return w.clock.sleep(GET_MS, signal);
    if (call === 'put' && key.includes('/results/')) return w.clock.sleep(PUT_MS, signal);
  };
  return w;
}

afterEach(async () => {
  for (const made of worlds.splice(0)) if (made.engine !== undefined) await made.end();
});

const outcomes = (w: WorkerWorld): number => w.store.keys('jobs/job/results/').length;

/** Returns when each batch was received, and when the last outcome was there. */
async function timesOf(w: WorkerWorld, job: SubmitOptions): Promise<{ receivedAtMs: number[]; endedAtMs: number }> {
  w.submit(job);
  w.start();
  while (outcomes(w) < (job.batches ?? 1)) await w.pass(5);
  const receivedAtMs = w.queue.calls.filter(({ call }) => call === 'receive').map(({ atMs }) => atMs);
  return { receivedAtMs, endedAtMs: w.clock.nowMs() };
}

describe('fetching, computing and committing at the same time', () => {
  it.each([
    [5, 100],
    [50, 40],
    [500, 8],
  ])('takes the time of one fetch, the computing and one commit with batches of %i ms', async (batchMs, batches) => {
    const w = world();
    const startedAtMs = w.clock.nowMs();
    w.model.msPerItem = batchMs;
    const { endedAtMs } = await timesOf(w, { batches, itemsPerBatch: 1 });
    const idealMs = RECEIVE_MS + GET_MS + batches * batchMs + PUT_MS;
    // Once, before the pace is known, a slot may wait for one more fetch.
    expect(endedAtMs - startedAtMs).toBeLessThanOrEqual(idealMs + 2 * (RECEIVE_MS + GET_MS) + 10);
  });

  it('keeps several polls open when one cannot bring enough', async () => {
    const w = world({ cpus: 8 });
    w.model.msPerItem = 5;
    const batches = 600;
    const startedAtMs = w.clock.nowMs();
    const { endedAtMs } = await timesOf(w, { batches, itemsPerBatch: 1, options: { slots: 'cpus' } });
    const onePollMs = (batches / 10) * RECEIVE_MS;
    expect(endedAtMs - startedAtMs).toBeLessThan(onePollMs);
  });
});

describe('just in time', () => {
  it.each([500, 3_600_000])('leases a batch of %i ms when the one before it is about to end', async (batchMs) => {
    const w = world();
    w.model.msPerItem = batchMs / 100;
    w.submit({ batches: 3, itemsPerBatch: 100 });
    w.start();
    await w.pass(RECEIVE_MS + GET_MS + batchMs - 300);
    expect(w.queue.messages.filter(({ receives }) => receives > 0)).toHaveLength(1);
    await w.pass(300);
    expect(w.queue.messages.filter(({ receives }) => receives > 0)).toHaveLength(2);
  });

  it('leases no second batch ahead in the moment in which one batch gives its slot to the next', async () => {
    const w = world();
    w.model.msPerItem = 600;
    w.submit({ batches: 5, itemsPerBatch: 100 });
    w.start();
    for (let batch = 1; batch < 5; batch += 1) {
      await w.passUntil(() => outcomes(w) === batch);
      await w.pass(1_000);
      expect(w.queue.messages.filter(({ receives }) => receives > 0)).toHaveLength(1); // one of the batches that are left
    }
    expect(w.queue.messages.map(({ receives }) => receives)).toEqual([1]);
  });

  it('leases few batches at the start of a job, whatever the pace of the job before', async () => {
    const w = world();
    w.model.msPerItem = 5;
    w.submit({ job: 'short', batches: 60, itemsPerBatch: 1 });
    w.start();
    await w.passUntil(() => w.queue.messages.length === 0);
    await w.pass(5_000);
    w.model.msPerItem = 60_000;
    w.submit({ job: 'long', batches: 20, itemsPerBatch: 10 });
    await w.pass(4_000);
    expect(w.queue.visible).toBe(19);
    expect(w.codes()).not.toContain('batch-handed-back');
  });
});

describe('the tail', () => {
  it('hands back batches behind a slow item once, so that an idle neighbour computes them', async () => {
    const slow = world();
    const idle = world({ instance: 'i-0neighbour' });
    Object.assign(idle, { clock: slow.clock, queue: slow.queue, store: slow.store });
    slow.submit({ batches: 12, itemsPerBatch: 1 });
    slow.start();
    await slow.pass(1_000);
    slow.model.delayOnceMs = 60_000;
    await slow.pass(150);
    idle.start();
    while (outcomes(idle) < 11) await slow.pass(50);
    await slow.pass(10_000);
    expect(slow.events.filter((event) => event.code === 'batch-handed-back').length).toBeLessThanOrEqual(2);
    expect(slow.event('batch-handed-back').reason).toBe('waiting');
    expect(Math.max(...slow.queue.messages.map(({ receives }) => receives))).toBe(1); // only the slow batch is left
    expect(slow.queue.messages).toHaveLength(1);
  });

  it('hands nothing back for slow items while the queue has work, and little at its end', async () => {
    const first = world();
    const second = world({ instance: 'i-0neighbour' });
    Object.assign(second, { clock: first.clock, queue: first.queue, store: first.store });
    const batches = 1_000;
    first.model.msPerItem = 5;
    second.model.msPerItem = 5;
    first.submit({ batches, itemsPerBatch: 1 });
    first.start();
    second.start();
    const handedBack = (): number =>
      [...first.events, ...second.events].filter((event) => event.code === 'batch-handed-back').length;
    for (let stalls = 0; outcomes(first) < batches; stalls += 1) {
      (stalls % 2 === 0 ? first : second).model.delayOnceMs = 3_000;
      const before = outcomes(first);
      await first.passUntil(() => outcomes(first) >= Math.min(batches, before + 100));
      if (first.queue.visible > 0) expect(handedBack()).toBe(0);
    }
    expect(handedBack()).toBeLessThanOrEqual(batches * 0.02);
  });

  it('does not pass a batch around for ever', async () => {
    const w = world();
    w.submit({ batches: 12, itemsPerBatch: 1 });
    for (const message of w.queue.messages) message.receives = 8;
    w.start();
    await w.pass(600);
    w.model.delayOnceMs = 60_000;
    await w.pass(30_000);
    expect(w.queue.messages.filter(({ visibleAtMs }) => visibleAtMs > w.clock.nowMs()).length).toBeGreaterThan(1);
    expect(w.codes()).not.toContain('batch-handed-back');
  });

  it('leaves no batch prefetched while another worker idles', async () => {
    const first = world();
    const second = world({ instance: 'i-0neighbour' });
    Object.assign(second, { clock: first.clock, queue: first.queue, store: first.store });
    first.model.msPerItem = 1_000;
    second.model.msPerItem = 1_000;
    first.submit({ batches: 9, itemsPerBatch: 1 });
    first.start();
    second.start();
    const startedAtMs = first.clock.nowMs();
    while (outcomes(first) < 9) await first.pass(10);
    // Nine batches on two slots take five rounds, plus the time of one round's requests.
    expect(first.clock.nowMs() - startedAtMs).toBeLessThanOrEqual(5 * 1_000 + 300);
  });
});

describe('little overhead', () => {
  it('makes few requests a batch', async () => {
    const w = world();
    w.model.msPerItem = 5;
    const batches = 200;
    await timesOf(w, { batches, itemsPerBatch: 1 });
    await w.passUntil(() => w.queue.messages.length === 0);
    const calls = (call: string): number => w.store.calls.filter((made) => made.call === call).length;
    expect(w.store.calls.filter(({ call, key }) => call === 'head' && key === outcomeKey('job', 0))).toEqual([]);
    expect(calls('get') + calls('put') + calls('head')).toBeLessThan(2 * batches + 20);
    expect(w.queue.deletions.length).toBeLessThan(batches / 5);
    expect(w.queue.receives).toBeLessThan(batches / 5);
  });

  it('deletes the messages of finished batches at once when no other batch is to come', async () => {
    const w = world();
    w.submit();
    w.start();
    await w.pass(RECEIVE_MS + GET_MS + 400 + PUT_MS + 5);
    expect(w.queue.messages).toHaveLength(0);
  });
});
