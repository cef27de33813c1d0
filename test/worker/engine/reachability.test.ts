import { describe, expect, it } from 'vitest';
import { Reachability } from '../../../worker/engine/reachability.js';
import { FakeClock } from '../support/fake-clock.js';
import { FakeQueue } from '../support/fake-queue.js';
import { MemoryStore } from '../support/memory-store.js';
import { WorkerWorld } from '../support/worker-world.js';

const { signal } = new AbortController();
const poll = { maxMessages: 1, waitSeconds: 0, visibilityTimeoutSeconds: 20, signal };

function parts() {
  const clock = new FakeClock();
  const contact = new Reachability(clock);
  const inner = { queue: new FakeQueue(clock), store: new MemoryStore() };
  const down = { queue: false, store: false };
  inner.queue.failReceive = () => (down.queue ? new Error('ECONNREFUSED') : undefined);
  inner.queue.refuse = () => (down.queue ? 'failed' : undefined);
  inner.store.before = () => (down.store ? Promise.reject(new Error('ECONNREFUSED')) : undefined);
  const [queue, store] = [contact.watchQueue(inner.queue), contact.watchStore(inner.store)];
  const ask = {
    queue: () => queue.receive(poll).catch(() => undefined),
    beat: () => queue.changeVisibility([{ receiptHandle: 'h', visibilityTimeoutSeconds: 20 }], signal),
    store: () => store.get('key', { signal }).catch(() => undefined),
  };
  return { clock, contact, down, ask };
}

describe('the connection to the queue and the bucket', () => {
  it('is lost once both have failed, and restored by the first answer', async () => {
    const { clock, contact, down, ask } = parts();
    Object.assign(down, { queue: true, store: true });
    await ask.queue();
    await clock.advance(1_000);
    await ask.store();
    await clock.advance(500);
    await ask.beat();
    expect(contact.unreachableForMs).toBe(500);
    down.store = false;
    await ask.store();
    expect(contact.unreachableForMs).toBe(0);
  });

  it('is not lost while one of them has not even been asked', async () => {
    const { clock, contact, down, ask } = parts();
    down.queue = true;
    await ask.queue();
    await clock.advance(3_600_000);
    expect(contact.unreachableForMs).toBe(0);
  });
});

describe('a worker that is cut off', () => {
  const cutOff = (w: WorkerWorld): void => {
    w.queue.failReceive = () => new Error('ECONNREFUSED');
    w.queue.refuse = () => 'failed';
    w.store.before = () => Promise.reject(new Error('ECONNREFUSED'));
  };

  it.each(['a batch that never ends', 'a model that is being waited for'])(
    'ends itself with %s in hand',
    async (what) => {
      const w = new WorkerWorld({ maxIdleMs: 60_000 });
      w.model.msPerItem = 10 * 3_600_000;
      if (what.includes('model')) w.prepares = () => new Promise(() => undefined);
      w.submit();
      w.start();
      await w.pass(10_000);
      cutOff(w);
      await w.pass(50_000);
      expect(w.ended).toBeUndefined();
      await w.passUntil(() => w.ended !== undefined, 60_000);
      expect(w.ended).toBe('cut-off');
    },
  );

  it('goes on when an outage ends before that', async () => {
    const w = new WorkerWorld({ maxIdleMs: 60_000 });
    w.model.msPerItem = 100_000;
    w.submit({ itemsPerBatch: 1 });
    w.start();
    await w.pass(5_000);
    const { failReceive, refuse } = w.queue;
    const { before } = w.store;
    cutOff(w);
    await w.pass(50_000);
    Object.assign(w.queue, { failReceive, refuse });
    w.store.before = before;
    await w.passUntil(() => w.codes().includes('batch-committed'));
    expect(w.ended).toBeUndefined();
    await w.end();
  });

  it('does not wait for ever for an interruption that never comes', async () => {
    const w = new WorkerWorld({ maxIdleMs: 60_000 });
    w.notices = [{ kind: 'interruption', takesAtMs: w.clock.nowMs() + 120_000 }];
    w.start();
    await w.pass(170_000);
    expect(w.ended).toBeUndefined();
    await w.passUntil(() => w.ended !== undefined, 20_000);
    expect(w.ended).toBe('interruption');
  });
});
