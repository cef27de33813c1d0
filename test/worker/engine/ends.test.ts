import { afterEach, describe, expect, it } from 'vitest';
import type { FleetState } from '../../../core/contract/fleet-state.js';
import { exitTicketKey, fleetStateKey, partialKey, partialPrefix } from '../../../core/contract/keys.js';
import { SHORT_LIVED_TAG } from '../../../core/contract/tags.js';
import { INSTANCE, WorkerWorld } from '../support/worker-world.js';

const worlds: WorkerWorld[] = [];
function world(limits?: ConstructorParameters<typeof WorkerWorld>[0]): WorkerWorld {
  const made = new WorkerWorld(limits);
  worlds.push(made);
  return made;
}

afterEach(async () => {
  for (const made of worlds.splice(0)) if (made.engine !== undefined) await made.end();
});

const state = (generation: number, grants: number): FleetState => ({
  version: 1,
  generation,
  target: 0,
  grants,
  jobs: [],
  at: '',
});

const interruption = (w: WorkerWorld, inMs: number): void => {
  w.notices = [{ kind: 'interruption', takesAtMs: w.clock.nowMs() + inMs }];
};

describe('notices', () => {
  it('R3: are seen within half a second', async () => {
    const w = world();
    w.start();
    await w.pass(10);
    interruption(w, 120_000);
    await w.pass(495);
    expect(w.engine?.status).toMatchObject({ phase: 'draining', notice: 'interruption' });
    expect(await w.end()).toBe('interruption');
  });

  it('R3: finishes the current batch if time allows, hands back the others, and stays until AWS takes the instance', async () => {
    const w = world();
    w.model.msPerItem = 101;
    w.submit({ batches: 3, itemsPerBatch: 10 });
    w.start();
    await w.pass(980); // the next batch is leased shortly before the first is done
    expect(w.queue.visible).toBe(1);
    interruption(w, 120_000);
    await w.pass(25);
    expect(w.queue.visible).toBe(2);
    expect(w.event('batch-handed-back')).toMatchObject({ reason: 'interruption', savedItems: 0 });
    expect(w.engine?.status).toMatchObject({ phase: 'draining', notice: 'interruption' });
    await w.passUntil(() => w.codes().includes('batch-committed'));
    await w.pass(300_000);
    expect(w.ended).toBeUndefined();
    expect(w.queue.visible).toBe(2);
    expect(w.codes().filter((code) => code === 'notice')).toHaveLength(1);
    expect(await w.end()).toBe('interruption');
  });

  it('R3: saves finished items and hands everything back at once if the batch would take too long', async () => {
    const w = world();
    w.model.msPerItem = 101;
    w.submit({ batches: 2, itemsPerBatch: 30 });
    w.start();
    await w.pass(2_985); // the second is leased shortly before the first would be done
    expect(w.queue.visible).toBe(0);
    interruption(w, 1_545);
    await w.pass(20);
    expect(w.queue.visible).toBe(2);
    const handedBack = w.events.filter((event) => event.code === 'batch-handed-back');
    expect(handedBack.map((event) => [event.reason, event.savedItems > 0]).sort()).toEqual([
      ['interruption', false],
      ['interruption', true],
    ]);
    const saved = w.store
      .text(partialKey('job', 0, `${INSTANCE}-lease0`))
      .trimEnd()
      .split('\n');
    expect(saved).toHaveLength(w.model.computed.length);
    expect(w.store.objects.get(partialKey('job', 0, `${INSTANCE}-lease0`))?.tag).toEqual(SHORT_LIVED_TAG);
  });

  it('R3: saves after all when the batch is slower than its measured pace', async () => {
    const w = world();
    w.submit({ itemsPerBatch: 50 });
    w.start();
    await w.pass(550);
    interruption(w, 20_000);
    await w.pass(1_000);
    w.model.msPerItem = 5_000;
    await w.pass(20_000);
    expect(w.event('batch-handed-back').reason).toBe('interruption');
    expect(w.queue.visible).toBe(1);
  });

  it('R3: hands back at once the batches that an open poll still brings', async () => {
    const w = world();
    w.start();
    await w.pass(3_000);
    interruption(w, 120_000);
    await w.passUntil(() => w.codes().includes('notice'));
    w.submit();
    await w.pass(1_000);
    expect(w.queue.visible).toBe(1);
    expect(w.model.computed).toEqual([]);
  });

  it('R3: saves each batch at risk, even if another one cannot be saved', async () => {
    const w = world({ cpus: 2 });
    w.notices = [{ kind: 'rebalance', noticedAtMs: 0 }];
    w.store.fail = (call, key) =>
      call === 'put' && key.startsWith(partialPrefix('job', 0)) ? new Error('503 Slow Down') : undefined;
    w.model.msPerItem = 1_000;
    w.submit({ batches: 2, itemsPerBatch: 100, options: { slots: 'cpus' } });
    w.start();
    await w.pass(15_000);
    expect(w.store.keys(partialPrefix('job', 1))).toHaveLength(1);
    expect(w.event('trouble').doing).toBe('saving finished items');
  });

  it('R3: prefetches no more after a rebalance recommendation, saves now and then, and keeps working', async () => {
    const w = world();
    w.notices = [{ kind: 'rebalance', noticedAtMs: 0 }];
    w.start();
    await w.pass(1_500);
    w.submit({ batches: 2, itemsPerBatch: 200 });
    await w.pass(12_000);
    expect(w.queue.visible).toBe(1);
    expect(w.store.keys('jobs/job/partial/')).toHaveLength(1);
    await w.passUntil(() => w.queue.messages.length === 0);
    expect(w.engine?.status.notice).toBe('rebalance');
  });
});

describe('a signal', () => {
  it('saves, hands everything back and ends within its grace', async () => {
    const w = world();
    w.submit({ batches: 2, itemsPerBatch: 100 });
    w.start();
    await w.pass(1_050);
    w.stop();
    await w.pass(100);
    expect([w.ended, w.queue.visible]).toEqual(['stopped', 2]);
    const saved = w.events.map((event) => (event.code === 'batch-handed-back' ? event.savedItems : 0));
    expect(saved.reduce((sum, items) => sum + items, 0)).toBe(w.model.computed.length);
    expect(w.model.closed).toBe(w.model.computers);
  });

  it('ends even when S3 hangs', async () => {
    const w = world();
    w.submit({ itemsPerBatch: 100 });
    w.start();
    await w.pass(1_050);
    w.store.before = () => new Promise(() => undefined);
    w.stop();
    await w.pass(2_000);
    expect(w.ended).toBe('stopped');
  });
});

describe('a worker that ends itself', () => {
  it('R6: leaves idle with a confirmed ticket, and only then', async () => {
    const w = world();
    w.start();
    await w.pass(10_000);
    expect(w.ended).toBeUndefined();
    w.store.set(fleetStateKey, state(7, 0));
    await w.pass(5_000);
    expect(w.ended).toBeUndefined();
    w.store.set(fleetStateKey, state(8, 1));
    await w.passUntil(() => w.ended !== undefined);
    expect(w.ended).toBe('ticket');
    expect(w.store.json(exitTicketKey(8, 0))).toMatchObject({ instance: INSTANCE });
  });

  it('R6: stays and voids its ticket when the generation has moved on meanwhile', async () => {
    const w = world();
    w.store.set(fleetStateKey, state(1, 1));
    w.store.before = (call, key) => {
      if (call === 'put' && key === exitTicketKey(1, 0)) w.store.set(fleetStateKey, state(2, 0));
    };
    w.start();
    await w.pass(10_000);
    expect(w.ended).toBeUndefined();
    expect(w.store.json(exitTicketKey(1, 0))).toMatchObject({ instance: INSTANCE, void: true });
  });

  it('R6: recognizes its own ticket when the reply was lost', async () => {
    const w = world();
    w.store.set(fleetStateKey, state(1, 1));
    w.store.loseReplyOf = (key) => key === exitTicketKey(1, 0);
    w.start();
    await w.passUntil(() => w.ended !== undefined);
    expect(w.ended).toBe('ticket');
  });

  it('R6: never leaves beyond the grants, as one of five idle workers', async () => {
    const workers = Array.from({ length: 5 }, (_, n) => world({ instance: `i-${n}` }));
    const [first] = workers;
    for (const w of workers) {
      Object.assign(w, { store: first?.store });
      w.start();
    }
    first?.store.set(fleetStateKey, state(1, 2));
    for (let turn = 0; turn < 50; turn += 1) for (const w of workers) await w.pass(200);
    expect(workers.filter((w) => w.ended === 'ticket')).toHaveLength(2);
  });

  it('R6: never leaves while it holds work', async () => {
    const w = world();
    w.submit({ batches: 3, itemsPerBatch: 50 });
    w.store.set(fleetStateKey, state(1, 5));
    w.start();
    await w.passUntil(() => w.ended !== undefined);
    expect(w.queue.messages).toHaveLength(0);
    expect(w.codes().filter((code) => code === 'batch-committed')).toHaveLength(3);
  });

  it('R9: ends after its maximum idle time, counted from its last work', async () => {
    const w = world({ maxIdleMs: 30_000 });
    w.start();
    await w.pass(20_000);
    w.submit();
    await w.pass(25_000);
    expect(w.ended).toBeUndefined();
    await w.passUntil(() => w.ended !== undefined, 15_000);
    expect(w.ended).toBe('idle');
  });

  it('R9: ends after its maximum idle time even if the queue cannot be reached', async () => {
    const w = world({ maxIdleMs: 60_000 });
    w.queue.failReceive = () => new Error('no such queue');
    w.start();
    await w.passUntil(() => w.ended !== undefined, 120_000);
    expect(w.ended).toBe('idle');
  });

  it('R9: ends after its maximum life even while S3 delays a ticket', async () => {
    const w = world({ maxIdleMs: 3_600_000, maxLifeMs: 60_000 });
    w.store.set(fleetStateKey, state(1, 1));
    w.store.before = (_call, key) => {
      if (key.startsWith('fleet/exits/')) throw new Error('S3 is out');
    };
    w.start();
    await w.passUntil(() => w.ended !== undefined, 700_000);
    expect(w.ended).toBe('life');
  });

  it('R9: ends after its maximum life, whatever happens, and finishes the current batch first', async () => {
    const w = world({ maxLifeMs: 60_000 });
    w.submit({ batches: 3, itemsPerBatch: 400 });
    w.start();
    await w.passUntil(() => w.ended !== undefined);
    expect(w.ended).toBe('life');
    expect(w.codes().filter((code) => code === 'batch-committed')).toHaveLength(2);
    expect(w.queue.visible).toBe(1);
    const taken = world({ maxLifeMs: 60_000 });
    interruption(taken, 10_000);
    taken.start();
    await taken.pass(100_000);
    expect(taken.ended).toBe('interruption');
  });
});
