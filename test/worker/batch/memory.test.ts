import { getEventListeners } from 'node:events';
import { existsSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { outcomeKey, partialKey, partialPrefix } from '../../../core/contract/keys.js';
import type { ObjectItem } from '../../../core/contract/model-api.js';
import { decodeOutcomeMetadata, encodeOutputLine } from '../../../core/contract/result-line.js';
import { SHORT_LIVED_TAG } from '../../../core/contract/tags.js';
import type { HeldBatch } from '../../../worker/batch/held-batch.js';
import type { BatchItem, BatchWork } from '../../../worker/slot/slot.js';
import { eventually } from '../../support/eventually.js';
import { WorkerWorld } from '../support/worker-world.js';

const MEMORY = { budgetBytes: 1_000, pieceBytes: 200, objectPieceBytes: 400, resultBytes: 300, leastResultBytes: 100 };

const worlds: WorkerWorld[] = [];
function world(limits?: ConstructorParameters<typeof WorkerWorld>[0]): WorkerWorld {
  const made = new WorkerWorld({ memory: MEMORY, ...limits });
  worlds.push(made);
  return made;
}

afterEach(async () => {
  for (const made of worlds.splice(0)) if (made.engine !== undefined) await made.end();
});

/** Returns the most bytes that were held at any time. */
async function mostHeld(w: WorkerWorld, until: () => boolean): Promise<number> {
  let most = 0;
  for (let passed = 0; !until(); passed += 5) {
    if (passed > 600_000) throw new Error(`Waited in vain: ${JSON.stringify(w.events.slice(-3))}`);
    await w.pass(5);
    most = Math.max(most, w.budget.usedBytes);
  }
  return most;
}

function expectWhole(w: WorkerWorld, batch: number, items: number): void {
  const lines = w.store.text(outcomeKey('job', batch)).trimEnd().split('\n');
  const indexes = lines.map((line) => (JSON.parse(line) as { index: number }).index);
  expect(indexes).toEqual(Array.from({ length: items }, (_, n) => batch * items + n));
}

const PADDING = 'x'.repeat(20);
const line = (index: number): string => JSON.stringify(`${index} ${PADDING}`);

describe('a batch that is larger than the memory for it', () => {
  it('is fetched in pieces, and its results are kept in the bucket until the commit', async () => {
    const w = world();
    w.model.msPerItem = 10;
    w.submit({ itemsPerBatch: 200, line });
    const reads: number[] = [];
    const get = w.store.get.bind(w.store);
    w.store.get = (key, options) => {
      if (key.includes('/input/')) reads.push((options.range?.endByte ?? 0) - (options.range?.startByte ?? 0));
      return get(key, options);
    };
    w.start();
    const most = await mostHeld(w, () => w.queue.messages.length === 0);
    expectWhole(w, 0, 200);
    expect(Math.max(...reads)).toBeLessThanOrEqual(2 * MEMORY.pieceBytes);
    expect(most).toBeLessThanOrEqual(MEMORY.budgetBytes);
    expect(w.model.computed).toEqual(Array.from({ length: 200 }, (_, n) => n));
    expect(w.event('batch-committed')).toMatchObject({ ok: 200, failed: 0, resumed: 0 });
    const { metadata } = w.store.objects.get(outcomeKey('job', 0)) ?? { metadata: {} };
    expect(decodeOutcomeMetadata(metadata)).toMatchObject({ ok: 200, failed: 0 });
    const partials = w.store.keys(partialPrefix('job', 0));
    expect(partials.length).toBeGreaterThan(10);
    expect(w.store.objects.get(partials[0] ?? '')?.tag).toEqual(SHORT_LIVED_TAG);
    expect(w.budget.usedBytes).toBe(0);
  });

  it('fetches the next piece while one is computed', async () => {
    const w = world();
    const { signal } = new AbortController();
    w.store.before = (call, key) => (call === 'get' && key.includes('/input/') ? w.clock.sleep(40, signal) : undefined);
    w.model.msPerItem = 10;
    w.submit({ itemsPerBatch: 100, line });
    const startedAtMs = w.clock.nowMs();
    w.start();
    await mostHeld(w, () => w.store.objects.has(outcomeKey('job', 0)));
    expect(w.clock.nowMs() - startedAtMs).toBeLessThan(100 * 10 + 40 + 30);
  });

  it('is fetched whole when one item is larger than a piece', async () => {
    const w = world();
    w.submit({ itemsPerBatch: 3, line: (index) => JSON.stringify('y'.repeat(index === 1 ? 2_500 : 150)) });
    w.start();
    await w.passUntil(() => w.queue.messages.length === 0);
    expectWhole(w, 0, 3);
  });

  it('R4: goes on from the finished items after a reclaim, in memory or not', async () => {
    const w = world();
    w.model.msPerItem = 10;
    w.submit({ itemsPerBatch: 200, line });
    w.start();
    await w.pass(1_305);
    w.stop();
    await w.passUntil(() => w.ended !== undefined);
    const before = w.model.computed.length;
    expect(before).toBeGreaterThan(100);
    const next = world({ instance: 'i-0next' });
    Object.assign(next, { clock: w.clock, queue: w.queue, store: w.store });
    next.start();
    const most = await mostHeld(next, () => next.queue.messages.length === 0);
    expectWhole(next, 0, 200);
    expect(next.model.computed).toEqual(Array.from({ length: 200 - before }, (_, n) => before + n));
    expect(next.event('batch-committed')).toMatchObject({ ok: 200, resumed: before });
    expect(most).toBeLessThanOrEqual(MEMORY.budgetBytes);
  });

  it('is refused as damaged when it has another number of lines than its message says', async () => {
    const w = world();
    w.submit({ itemsPerBatch: 100, line, options: { maxAttempts: 1 } });
    const part = w.store.text('jobs/job/input/part-00000.jsonl');
    w.store.set('jobs/job/input/part-00000.jsonl', part.replace('\n', ' '));
    w.start();
    await w.passUntil(() => w.queue.messages.length === 0);
    expect(w.event('batch-given-up').message).toContain('There are 99 items in bytes 0 to');
  });
});

describe('results that are larger than the memory for them', () => {
  it('are kept in the bucket, whatever the order in which they came', async () => {
    const w = world();
    w.model.output = (item) => {
      const index = item.index ^ 1; // the items of each pair swap places
      return { index, ok: true, line: encodeOutputLine(index, JSON.stringify('z'.repeat(70))) };
    };
    w.submit({ itemsPerBatch: 40 });
    w.start();
    const most = await mostHeld(w, () => w.queue.messages.length === 0);
    expectWhole(w, 0, 40);
    expect(most).toBeLessThanOrEqual(MEMORY.budgetBytes);
    expect(w.store.keys(partialPrefix('job', 0)).length).toBeGreaterThan(5);
  });

  it('make the slot wait while they cannot be spilled, and end as an attempt', async () => {
    const w = world();
    w.model.output = ({ index }) => ({
      index,
      ok: true,
      line: encodeOutputLine(index, JSON.stringify('z'.repeat(70))),
    });
    w.submit({ itemsPerBatch: 40, options: { maxAttempts: 1 } });
    w.store.fail = (call, key) =>
      call === 'put' && key.includes('/partial/') ? new Error('503 Slow Down') : undefined;
    w.start();
    await w.pass(20_000);
    expect(w.model.computed.length).toBeLessThan(8);
    await w.passUntil(() => w.codes().includes('batch-given-up'));
    expect(w.event('batch-given-up').message).toContain('OutcomeUnwritable');
    expect(w.budget.usedBytes).toBe(0);
  });
});

describe('a batch whose objects are larger than the memory for them', () => {
  const OBJECT_BYTES = 90;
  /** The bytes that the file of an object takes. */
  const PAGE_BYTES = 4_096;
  const reference = (index: number): string =>
    JSON.stringify({ bucket: 'b', key: `pictures/${index}.png`, size: OBJECT_BYTES });
  const submit = (w: WorkerWorld, batches: number, itemsPerBatch: number, cpus = 1): void => {
    for (let index = 0; index < batches * itemsPerBatch; index += 1) {
      w.store.set(`pictures/${index}.png`, 'x'.repeat(OBJECT_BYTES));
    }
    w.submit({ kind: 'objects', batches, itemsPerBatch, line: reference, options: { slots: cpus } });
  };

  it('fetches them in pieces, the next while one is computed, and keeps no file for longer', async () => {
    const memory = { ...MEMORY, pieceBytes: 10_000, objectPieceBytes: 4 * PAGE_BYTES, budgetBytes: 10 * PAGE_BYTES };
    const w = world({ memory });
    w.model.msPerItem = 10;
    const works: BatchWork[] = [];
    const left: boolean[] = [];
    const fileOf = ({ input }: BatchItem): string =>
      (JSON.parse(input.kind === 'item' ? input.json : '') as ObjectItem).path;
    w.model.end = (work) => {
      works.push(work);
      left.push(...works.slice(0, -3).flatMap(({ items }) => items.map((item) => existsSync(fileOf(item)))));
      expect(work.items.every((item) => existsSync(fileOf(item)))).toBe(true);
      return undefined;
    };
    submit(w, 1, 22);
    w.start();
    const most = await mostHeld(w, () => w.queue.messages.length === 0);
    expectWhole(w, 0, 22);
    expect(works.map(({ items }) => items.length)).toEqual([4, 4, 4, 4, 4, 2]);
    expect(works.every(({ itemsEndWithBatch }) => itemsEndWithBatch)).toBe(true);
    expect(left.length).toBeGreaterThan(0);
    expect(left).not.toContain(true);
    expect(most).toBeGreaterThan(memory.objectPieceBytes);
    expect(most).toBeLessThanOrEqual(memory.budgetBytes);
    await eventually(() => w.budget.usedBytes === 0);
  });

  it('is finished, however many slots share the memory', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 20 }),
        async (slots, batches, itemsPerBatch) => {
          const w = world({ cpus: slots });
          w.model.msPerItem = 7;
          submit(w, batches, itemsPerBatch, slots);
          w.start();
          await mostHeld(w, () => w.queue.messages.length === 0);
          for (let batch = 0; batch < batches; batch += 1) expectWhole(w, batch, itemsPerBatch);
          await eventually(() => w.budget.usedBytes === 0);
        },
      ),
      { numRuns: 12 },
    );
  });
});

it('lets no batch wait for memory with results that it could spill', async () => {
  const w = world({ cpus: 2, memory: { ...MEMORY, resultBytes: 5_000, leastResultBytes: 5_000 } });
  w.submit({ batches: 2, itemsPerBatch: 80, line, options: { slots: 'cpus' } });
  w.start();
  await w.passUntil(() => w.queue.messages.length === 0, 60_000);
  for (const batch of [0, 1]) expectWhole(w, batch, 80);
});

it('counts results of earlier leases, and spills them while it waits', async () => {
  const large = { ...MEMORY, resultBytes: 5_000, leastResultBytes: 5_000 };
  const w = world({ cpus: 4, memory: large });
  w.submit({ batches: 4, itemsPerBatch: 80, line, options: { slots: 'cpus' } });
  for (const message of w.queue.messages) message.receives = 1;
  for (let batch = 0; batch < 4; batch += 1) {
    const done = Array.from({ length: 20 }, (_, n) => encodeOutputLine(batch * 80 + n, line(batch * 80 + n)));
    w.store.set(partialKey('job', batch, 'earlier'), done.join(''));
  }
  const held = (): HeldBatch[] => [...(w.engine?.held ?? [])];
  let uncounted = 0;
  w.start();
  await mostHeld(w, () => {
    const bytes = held().reduce((sum, { phase, resultBytes }) => sum + (phase === 'gone' ? 0 : resultBytes), 0);
    uncounted = Math.max(uncounted, bytes - w.budget.usedBytes);
    return w.queue.messages.length === 0;
  });
  expect(uncounted).toBe(0);
  for (let batch = 0; batch < 4; batch += 1) expectWhole(w, batch, 80);
  expect(w.event('batch-committed').resumed).toBe(20);
  expect(w.budget.usedBytes).toBe(0);
});

it('finishes every batch, whatever their sizes and however many slots share the memory', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 60 }),
      async (slots, batches, itemsPerBatch) => {
        const w = world({ cpus: slots });
        w.model.msPerItem = 7;
        w.submit({ batches, itemsPerBatch, line, options: { slots: 'cpus' } });
        w.start();
        // Computed results cannot be taken back: they count beyond the budget until they are spilled.
        const most = await mostHeld(w, () => w.queue.messages.length === 0);
        expect(most).toBeLessThanOrEqual(MEMORY.budgetBytes + slots * 2 * MEMORY.leastResultBytes);
        for (let batch = 0; batch < batches; batch += 1) expectWhole(w, batch, itemsPerBatch);
        expect(w.budget.usedBytes).toBe(0);
      },
    ),
    { numRuns: 12 },
  );
});

it('keeps nothing of finished batches in memory', async () => {
  const w = world({ memory: { ...MEMORY, budgetBytes: 100_000 } });
  w.model.msPerItem = 2;
  const batches = new Map<number, WeakRef<HeldBatch>>();
  const { output } = w.model;
  w.model.output = (item) => {
    // A batch has one item, so they have the same number.
    for (const held of w.engine?.held ?? []) {
      if (held.message.batch === item.index) batches.set(item.index, new WeakRef(held));
    }
    return output(item);
  };
  const listeners = (): number[] => [...w.queue.signals].map((signal) => getEventListeners(signal, 'abort').length);
  w.start();
  const seen: number[][] = [];
  for (let round = 0; round < 3; round += 1) {
    w.submit({ job: `job${round}`, batches: 150, itemsPerBatch: 1 });
    await w.passUntil(() => w.queue.messages.length === 0);
    await w.pass(5_000);
    expect(batches.size).toBe(150);
    collectGarbage();
    expect([...batches.values()].filter((batch) => batch.deref() !== undefined)).toEqual([]);
    batches.clear();
    seen.push(listeners());
  }
  expect(seen[2]).toEqual(seen[1]);
  const calls = w.queue.calls.length;
  await w.pass(60_000);
  expect(w.queue.calls).toHaveLength(calls);
});

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}
