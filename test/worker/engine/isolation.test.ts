/** R4: a batch with which workers have died is computed alone and in parts, and the item that ends them is given up. */
import { afterEach, describe, expect, it } from 'vitest';
import { encodeBatchMessage } from '../../../core/contract/batch-message.js';
import { decodeResultLine } from '../../../core/contract/result-line.js';
import { encodeLossMark } from '../../../core/contract/loss-mark.js';
import { lossKey, lossPrefix, outcomeKey, partialKey } from '../../../core/contract/keys.js';
import { addToRanges } from '../../../core/dataset/ranges.js';
import { INSTANCE, WorkerWorld } from '../support/worker-world.js';

const worlds: WorkerWorld[] = [];
function world(): WorkerWorld {
  const made = new WorkerWorld({ cpus: 2 });
  worlds.push(made);
  return made;
}

afterEach(async () => {
  for (const made of worlds.splice(0)) if (made.engine !== undefined) await made.end();
});

/** Workers died with these items of the batch in their slots. */
function mark(w: WorkerWorld, batch: number, deaths: readonly (readonly number[])[], alone = false): void {
  for (const [number, items] of deaths.entries()) {
    const body = encodeLossMark({ at: '2026-01-01T00:00:00.000Z', items: addToRanges([], items), alone });
    w.store.set(lossKey('job', batch, `i-0dead-${alone ? 'alone' : 'slice'}${number}`), body);
  }
}

/** The batches' messages were received before, by workers that are gone. */
function received(w: WorkerWorld, ...batches: readonly number[]): void {
  for (const batch of batches) {
    const message = w.queue.messages[batch];
    if (message !== undefined) message.receives = 1;
  }
}

const done = (w: WorkerWorld, batches: number): Promise<void> =>
  w.passUntil(() => w.store.keys('jobs/job/results/').length === batches);

const resultsOf = (w: WorkerWorld, batch: number): readonly unknown[] =>
  w.store.text(outcomeKey('job', batch)).trimEnd().split('\n').map(decodeResultLine);

const listings = (w: WorkerWorld): number =>
  w.store.calls.filter(({ call, key }) => call === 'list' && key === lossPrefix('job', 0)).length;

describe('a batch with losses', () => {
  it('is computed as any other when there are fewer than three, and an event says so', async () => {
    const w = world();
    w.submit();
    received(w, 0);
    mark(w, 0, [
      [0, 1],
      [0, 1],
    ]);
    w.start();
    await done(w, 1);
    expect(w.event('losses-seen')).toMatchObject({ losses: 2, batch: 0 });
    expect(w.codes()).not.toContain('batch-isolated');
    expect(w.store.keys('jobs/job/partial/')).toEqual([]);
  });

  it('costs no request at its first receive, and one when its message says that it is sent again', async () => {
    const w = world();
    const [message] = w.submit();
    w.start();
    await done(w, 1);
    expect(listings(w)).toBe(0);
    const again = world();
    again.submit();
    again.queue.messages.length = 0;
    again.queue.send(encodeBatchMessage({ ...message!, again: true }));
    again.start();
    await done(again, 1);
    expect(listings(again)).toBe(1);
  });

  it('is computed with nothing else on the worker, the suspects first, and each part is saved before the next', async () => {
    const w = world();
    w.submit({ batches: 3, itemsPerBatch: 4 });
    received(w, 1);
    mark(w, 1, [[4, 5, 6, 7], [4, 5, 6, 7], [6]]);
    w.model.msPerItem = 1_000;
    w.start();
    await w.passUntil(() => w.codes().includes('batch-isolated'));
    const partial = partialKey('job', 1, `${INSTANCE}-lease1`);
    await w.passUntil(() => w.store.keys('jobs/job/partial/').includes(partial));
    expect(w.store.text(partial)).toMatch(/^\{"index":6,[^\n]*\n$/);
    expect(w.journal.filter((entry) => 'batch' in entry && entry.batch === 1)).toMatchObject([
      { batch: 1, items: [6] },
      { batch: 1, items: [4] },
    ]);
    const handedBack = w.events.filter((event) => event.code === 'batch-handed-back');
    expect(handedBack.length).toBeGreaterThan(0);
    for (const event of handedBack) expect(event).toMatchObject({ reason: 'isolation' });
    await done(w, 3);
    expect(w.event('batch-isolated')).toMatchObject({ batch: 1, losses: 3 });
    expect(resultsOf(w, 1)).toHaveLength(4);
  });

  it('has its first part computed by a fresh process, also on a worker that has computed other batches', async () => {
    const w = world();
    const [first, second] = w.submit({ batches: 2 });
    w.queue.messages.length = 0;
    w.queue.send(encodeBatchMessage(first!));
    w.start();
    await done(w, 1);
    mark(w, 1, [[second!.firstIndex], [second!.firstIndex], [second!.firstIndex]]);
    w.queue.send(encodeBatchMessage({ ...second!, again: true }));
    await done(w, 2);
    const [part] = w.journal.filter((entry) => 'batch' in entry && entry.batch === 1);
    expect(part).toMatchObject({ items: [second!.firstIndex], isFirst: true });
  });

  it('has an item given up that stood alone in three of them, and no other', async () => {
    const w = world();
    w.submit();
    received(w, 0);
    mark(w, 0, [
      [0, 1, 2, 3],
      [0, 1, 2, 3],
      [0, 1, 2, 3],
    ]);
    mark(w, 0, [[2], [2], [2]], true);
    w.start();
    await done(w, 1);
    expect(w.event('item-given-up')).toMatchObject({ index: 2, losses: 6 });
    expect(w.model.computed).not.toContain(2);
    expect(resultsOf(w, 0)).toMatchObject([
      { index: 0, ok: true },
      { index: 1, ok: true },
      { index: 2, ok: false, error: { code: 'WorkerLost' } },
      { index: 3, ok: true },
    ]);
    expect(w.codes()).not.toContain('batch-given-up');
  });

  it('does not count a mark that is none (R13), and says so', async () => {
    const w = world();
    w.submit();
    received(w, 0);
    for (const number of [0, 1, 2]) w.store.set(lossKey('job', 0, `i-0dead-${number}`), 'nonsense');
    w.start();
    await done(w, 1);
    expect(w.event('trouble').message).toContain('3 of the 3 loss marks of batch 0');
    expect(w.codes()).not.toContain('batch-isolated');
  });

  it('waits for its turn while another is computed alone', async () => {
    const w = world();
    w.submit({ batches: 2 });
    received(w, 0, 1);
    mark(w, 0, [[0], [0], [0]]);
    mark(w, 1, [[4], [4], [4]]);
    w.start();
    await done(w, 2);
    expect(w.model.mostRunning).toBe(1);
    expect(w.events.filter(({ code }) => code === 'batch-isolated').length).toBe(2);
  });
});

it('says in its journal which items its slots have, and when it holds their batch no longer', async () => {
  const w = world();
  w.submit({ itemsPerBatch: 2 });
  w.start();
  await done(w, 1);
  await w.passUntil(() => w.queue.messages.length === 0);
  const lease = `${INSTANCE}-lease0`;
  expect(w.journal).toEqual([
    { job: 'job', batch: 0, lease, items: [0], isFirst: false },
    { job: 'job', batch: 0, lease, items: [1], isFirst: false },
    { gone: lease },
  ]);
});
