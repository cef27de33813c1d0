import { afterEach, describe, expect, it } from 'vitest';
import {
  attemptPrefix,
  cancelledKey,
  doneKey,
  outcomeKey,
  partialKey,
  unableKey,
} from '../../../core/contract/keys.js';
import { decodeOutcomeMetadata } from '../../../core/contract/result-line.js';
import { ModelUnable } from '../../../worker/model/prepared-models.js';
import { badLine, INSTANCE, WorkerWorld } from '../support/worker-world.js';

const worlds: WorkerWorld[] = [];
function world(limits?: ConstructorParameters<typeof WorkerWorld>[0]): WorkerWorld {
  const made = new WorkerWorld(limits);
  worlds.push(made);
  return made;
}

afterEach(async () => {
  for (const made of worlds.splice(0)) if (made.engine !== undefined) await made.end();
});

const lines = (w: WorkerWorld, batch = 0, job = 'job'): unknown[] =>
  w.store
    .text(outcomeKey(job, batch))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

describe('a worker with work', () => {
  it('R1: commits each batch, every item in order, and then deletes its message', async () => {
    const w = world();
    w.submit({ batches: 3 });
    let messagesAtCommit = 0;
    w.store.before = (call, key) => {
      if (call === 'put' && key === outcomeKey('job', 0)) messagesAtCommit = w.queue.messages.length;
    };
    w.start();
    await w.passUntil(() => w.queue.messages.length === 0);
    expect(messagesAtCommit).toBe(3);
    expect(lines(w, 1)).toEqual([4, 5, 6, 7].map((index) => ({ index, ok: true, output: index })));
    const { metadata } = w.store.objects.get(outcomeKey('job', 0)) ?? { metadata: {} };
    expect(decodeOutcomeMetadata(metadata)).toEqual({
      lease: `${INSTANCE}-lease0`,
      instance: INSTANCE,
      ok: 4,
      failed: 0,
      givenUp: false,
    });
    expect(w.codes().filter((code) => code === 'batch-committed')).toHaveLength(3);
    expect(w.event('batch-committed')).toMatchObject({ ok: 4, failed: 0, resumed: 0, computeMs: 400 });
    expect(w.event('batch-committed')).not.toHaveProperty('slotMemoryBytes');
  });

  it('reports with each batch the most memory that its slot was seen to use', async () => {
    const w = world();
    w.model.memoryBytes = 300_000_000;
    w.submit({ batches: 1 });
    w.start();
    await w.passUntil(() => w.queue.messages.length === 0);
    expect(w.event('batch-committed')).toMatchObject({ slotMemoryBytes: 300_000_000 });
  });

  it('leases and fetches the next batch shortly before the slot is free, and not earlier', async () => {
    const w = world();
    w.submit({ batches: 6 });
    w.start();
    await w.pass(300);
    expect(w.queue.visible).toBe(5);
    await w.pass(90);
    expect(w.queue.visible).toBe(4);
    expect(w.store.calls.filter(({ call, key }) => call === 'get' && key.includes('/input/'))).toHaveLength(2);
    await w.passUntil(() => w.queue.messages.length === 0);
    expect(w.model.mostRunning).toBe(1);
  });

  it('loads the model while the first batch downloads', async () => {
    const w = world();
    w.submit();
    let arrive = (): void => undefined;
    w.store.before = (_, key) => (key.includes('/input/') ? new Promise((resolve) => (arrive = resolve)) : undefined);
    w.start();
    await w.pass(100);
    expect([w.model.loads, w.model.computed]).toEqual([['job'], []]);
    arrive();
    await w.passUntil(() => w.queue.messages.length === 0);
  });

  it('uses as many slots as the job asks for', async () => {
    const w = world({ cpus: 3 });
    w.submit({ batches: 9, options: { slots: 'cpus' } });
    w.start();
    await w.passUntil(() => w.queue.messages.length === 0);
    expect(w.model.mostRunning).toBe(3);
    expect(w.engine?.status.slots).toBe(3);
  });

  it('keeps slots for the model that they have loaded', async () => {
    const w = world();
    w.submit({ job: 'a', batches: 4, options: { slots: 2 } });
    w.submit({ job: 'b', batches: 4, options: { slots: 2 } });
    w.queue.messages.sort((x, y) => (Number(x.id.slice(1)) % 4) - (Number(y.id.slice(1)) % 4)); // the order is a, b, a, b, …
    w.start();
    await w.passUntil(() => w.queue.messages.length === 0);
    expect(w.model.loads).toEqual(['a', 'b']);
  });

  it('gives unreadable items their failed lines without asking the model', async () => {
    const w = world();
    w.submit({ line: (index) => (index === 2 ? badLine : String(index)) });
    w.start();
    await w.passUntil(() => w.queue.messages.length === 0);
    expect(w.model.computed).toEqual([0, 1, 3]);
    expect(lines(w)[2]).toEqual({ index: 2, ok: false, error: { code: 'BadItem', message: 'not JSON' } });
  });

  it('waits for an outage of S3 to pass without counting an attempt', async () => {
    const w = world();
    w.submit();
    const untilMs = w.clock.nowMs() + 20_000;
    w.store.fail = (call, key) =>
      call === 'get' && key.includes('/input/') && w.clock.nowMs() < untilMs ? new Error('503 Slow Down') : undefined;
    w.start();
    await w.passUntil(() => w.queue.messages.length === 0);
    expect(w.codes()).not.toContain('attempt');
    expect(w.event('trouble').message).toContain('503 Slow Down');
    expect(lines(w).map((line) => (line as { ok: boolean }).ok)).toEqual([true, true, true, true]);
  });

  it('fetches objects ahead, and fails only the item whose object is missing', async () => {
    const w = world();
    w.store.set('pictures/0.png', 'PNG');
    w.submit({
      kind: 'objects',
      itemsPerBatch: 2,
      line: (index) => JSON.stringify({ bucket: 'b', key: `pictures/${index}.png`, size: 3 }),
    });
    w.start();
    await w.passUntil(() => w.queue.messages.length === 0);
    expect(lines(w)).toMatchObject([
      { ok: true, output: { key: 'pictures/0.png', path: expect.stringMatching(/0\.png$/) as string } },
      { ok: false, error: { code: 'ObjectUnreadable' } },
    ]);
  });
});

describe('a message that needs no work', () => {
  it('discards a message that no runner wrote, and reports it', async () => {
    const w = world();
    w.queue.send('rubbish');
    w.start();
    await w.passUntil(() => w.queue.messages.length === 0);
    expect(w.event('message-discarded').message).toContain('rubbish');
  });

  it('drops a batch of another manifest', async () => {
    const w = world();
    w.submit();
    w.store.set('jobs/job/job.json', '{"version":1}');
    w.start();
    await w.passUntil(() => w.queue.messages.length === 0);
    expect(w.event('batch-dropped').reason).toBe('foreign-manifest');
    expect(w.model.computed).toEqual([]);
  });

  it('drops a thousand batches of a job that has failed within seconds, however late deletions are gathered', async () => {
    const w = world();
    w.submit({ batches: 1_000 });
    w.store.set(doneKey('job'), { state: 'failed' });
    w.start();
    const sinceMs = w.clock.nowMs();
    await w.passUntil(() => w.events.filter(({ code }) => code === 'batch-dropped').length === 1_000);
    await w.passUntil(() => w.queue.messages.length === 0);
    expect(w.clock.nowMs() - sinceMs).toBeLessThan(20_000);
  });

  it('drops the batches of a cancelled or failed job, even the one that is being computed', async () => {
    const w = world();
    w.submit({ job: 'a', batches: 3, itemsPerBatch: 100 });
    w.start();
    await w.pass(500);
    w.store.set(cancelledKey('a'), {});
    await w.passUntil(() => w.queue.messages.length === 0, 10_000);
    expect(w.store.keys('jobs/a/results/')).toEqual([]);
    w.store.set(doneKey('b'), { state: 'failed' });
    w.submit({ job: 'b' });
    await w.passUntil(() => w.queue.messages.length === 0);
    expect(w.events.filter((event) => event.code === 'batch-dropped').map((event) => event.reason)).toEqual([
      'cancelled',
      'cancelled',
      'cancelled',
      'failed',
    ]);
  });

  it('reads the end marks of a job at most every two seconds', async () => {
    const w = world();
    w.submit({ batches: 20, itemsPerBatch: 1 });
    w.start();
    await w.pass(1_900);
    expect(w.store.calls.filter(({ key }) => key === cancelledKey('job'))).toHaveLength(1);
  });

  it('R1: does not compute an outcome that exists', async () => {
    const w = world();
    const [message] = w.submit();
    w.store.set(outcomeKey('job', 0), '');
    const [queued] = w.queue.messages;
    if (queued !== undefined) queued.receives = 1;
    w.start();
    await w.passUntil(() => w.queue.messages.length === 0);
    expect([message?.batch, w.model.computed]).toEqual([0, []]);
    expect(w.event('batch-duplicate').items).toBe(0);
  });

  it('R1: discards its own work when another worker was first', async () => {
    const w = world();
    w.submit();
    w.start();
    await w.pass(200);
    w.store.set(outcomeKey('job', 0), 'the other');
    await w.passUntil(() => w.queue.messages.length === 0);
    expect(w.store.text(outcomeKey('job', 0))).toBe('the other');
    expect(w.event('batch-duplicate').items).toBe(4);
  });

  it('R1: recognizes its own put when the reply was lost', async () => {
    const w = world();
    w.submit();
    w.store.loseReplyOf = (key) => key === outcomeKey('job', 0);
    w.start();
    await w.passUntil(() => w.queue.messages.length === 0);
    expect(w.codes()).toContain('batch-committed');
    expect(w.codes()).not.toContain('batch-duplicate');
  });
});

describe('leases', () => {
  it('R2: keeps long batches', async () => {
    const w = world();
    w.submit({ batches: 2, itemsPerBatch: 1_000 });
    w.start();
    await w.passUntil(() => w.queue.messages.length === 0, 300_000);
    expect(w.codes().filter((code) => code === 'batch-committed')).toHaveLength(2);
    expect(w.queue.calls.filter(({ call }) => call === 'receive')).toHaveLength(2);
  });

  it('R2: stops the work of a lost lease and leaves the message alone', async () => {
    const w = world();
    w.submit({ itemsPerBatch: 1_000 });
    w.start();
    await w.pass(1_000);
    w.queue.refuse = () => 'lost';
    await w.passUntil(() => w.codes().includes('lease-lost'));
    const computed = w.model.computed.length;
    expect(w.event('lease-lost').items).toBe(computed);
    expect(w.queue.calls.some(({ call }) => call === 'delete' || call === 'hand-back')).toBe(false);
  });

  it('R2: commits although beats fail', async () => {
    const w = world();
    w.submit({ itemsPerBatch: 300 });
    w.start();
    await w.pass(1_000);
    w.queue.refuse = (call) => (call === 'change' ? 'failed' : undefined);
    await w.passUntil(() => w.codes().includes('batch-committed'));
    expect(w.codes()).not.toContain('lease-lost');
  });

  it('R2: saves and hands back at eleven hours', async () => {
    const w = world();
    w.submit({ itemsPerBatch: 30 });
    w.queue.refuse = (call) => (call === 'change' ? 'ok' : undefined);
    w.start();
    await w.pass(550);
    w.model.msPerItem = 20 * 3_600_000;
    await w.pass(100);
    await w.clock.jump(11 * 3_600_000);
    await w.passUntil(() => w.codes().includes('batch-handed-back'));
    expect(w.event('batch-handed-back')).toMatchObject({ reason: 'twelve-hours', savedItems: 6 });
  });

  it('R4: resumes what earlier leases finished, however often it was reclaimed', async () => {
    const w = world();
    w.submit({ itemsPerBatch: 6 });
    w.store.set(partialKey('job', 0, 'x'), '{"index":1,"ok":true,"output":"x"}\n');
    w.store.set(partialKey('job', 0, 'y'), '{"index":4,"ok":false,"error":{"code":"C","message":"m"}}\n');
    const [queued] = w.queue.messages;
    if (queued !== undefined) queued.receives = 50;
    w.start();
    await w.passUntil(() => w.queue.messages.length === 0);
    expect(w.model.computed).toEqual([0, 2, 3, 5]);
    expect(lines(w)[1]).toEqual({ index: 1, ok: true, output: 'x' });
    expect(w.event('batch-committed')).toMatchObject({ ok: 5, failed: 1, resumed: 2 });
    expect(w.store.keys(attemptPrefix('job', 0))).toEqual([]);
  });
});

describe('attempts', () => {
  it('gives a batch up after the last attempt, with the last error in every line', async () => {
    const w = world();
    w.submit({ itemsPerBatch: 2, options: { maxAttempts: 3 } });
    w.store.objects.delete('jobs/job/input/part-00000.jsonl');
    w.start();
    await w.passUntil(() => w.queue.messages.length === 0);
    expect(w.store.keys(attemptPrefix('job', 0))).toHaveLength(3);
    expect(lines(w)).toMatchObject([
      { index: 0, ok: false, error: { code: 'BatchGivenUp' } },
      { index: 1, ok: false, error: { code: 'BatchGivenUp' } },
    ]);
    expect(w.store.text(outcomeKey('job', 0))).toContain('There is no object jobs/job/input/part-00000.jsonl');
    const { metadata } = w.store.objects.get(outcomeKey('job', 0)) ?? { metadata: {} };
    expect(decodeOutcomeMetadata(metadata)).toMatchObject({ ok: 0, failed: 2, givenUp: true });
    expect(w.event('batch-given-up').attempts).toBe(3);
  });

  it('hands an attempt back with a growing delay', async () => {
    const w = world();
    w.submit();
    w.model.end = () => ({ kind: 'attempt', error: { code: 'TooManyRebuilds', message: 'again' } });
    w.start();
    await w.passUntil(() => w.codes().includes('batch-given-up'));
    const receives = w.queue.calls.filter(({ call }) => call === 'receive').map(({ atMs }) => atMs);
    expect((receives[1] ?? 0) - (receives[0] ?? 0)).toBeGreaterThanOrEqual(2_000);
    expect((receives[2] ?? 0) - (receives[1] ?? 0)).toBeGreaterThanOrEqual(4_000);
  });

  it('waits out a store that cannot be written, holding the lease', async () => {
    const w = world();
    w.submit();
    let down = true;
    w.store.fail = (call, key) => (down && call === 'put' && key.includes('/results/') ? new Error('503') : undefined);
    w.start();
    await w.pass(12_000);
    down = false;
    await w.passUntil(() => w.codes().includes('batch-committed'));
    expect(w.queue.calls.filter(({ call }) => call === 'receive')).toHaveLength(1);
    expect(w.store.keys(attemptPrefix('job', 0))).toEqual([]);
  });

  it('counts an outcome that can never be written as an attempt, and saves what it has', async () => {
    const w = world();
    w.submit();
    w.store.fail = (call, key) => (call === 'put' && key.includes('/results/') ? new Error('403') : undefined);
    w.start();
    await w.passUntil(() => w.codes().includes('attempt'));
    expect(w.event('attempt').message).toContain('OutcomeUnwritable');
    expect(w.store.keys('jobs/job/partial/')).toHaveLength(1);
  });
});

describe('trouble', () => {
  it('goes on after an outage of the queue and the store', async () => {
    const w = world();
    w.submit();
    let down = true;
    w.queue.failReceive = () => (down ? new Error('SQS 500') : undefined);
    w.store.fail = () => (down ? new Error('S3 500') : undefined);
    w.metadataFails = true;
    w.start();
    await w.pass(20_000);
    w.queue.failReceive = () => undefined;
    await w.pass(20_000);
    down = false;
    await w.passUntil(() => w.queue.messages.length === 0);
    expect(w.ended).toBeUndefined();
    expect(lines(w)).toHaveLength(4);
    const doing = new Set(w.events.flatMap((event) => (event.code === 'trouble' ? [event.doing] : [])));
    expect([...doing]).toEqual(
      expect.arrayContaining(['polling the queue', 'watching for notices', 'working on a batch']),
    );
  });

  it('R10: hands back and ends when the model cannot be used here, and leaves a mark', async () => {
    const w = world();
    w.submit({ batches: 2 });
    w.unable = new ModelUnable('setup', 'pip failed');
    w.start();
    await w.passUntil(() => w.ended !== undefined);
    expect(w.ended).toBe('unable');
    expect(w.queue.visible).toBe(2);
    expect(w.store.json(unableKey('job', INSTANCE))).toMatchObject({ phase: 'setup', message: 'pip failed' });
    expect(w.codes().filter((code) => code === 'unable')).toHaveLength(1); // reported once, however many batches were held
    expect(w.store.keys(attemptPrefix('job', 0))).toEqual([]);
  });

  it('R10: does the same when a slot cannot load the model', async () => {
    const w = world();
    w.submit();
    w.model.end = () => ({ kind: 'unable', message: 'no such module' });
    w.start();
    await w.passUntil(() => w.ended !== undefined);
    expect(w.store.json(unableKey('job', INSTANCE))).toMatchObject({ phase: 'load' });
    expect(w.queue.visible).toBe(1);
  });
});
