import { afterEach, expect, it } from 'vitest';
import { partialKey } from '../../../core/contract/keys.js';
import { INSTANCE, WorkerWorld } from '../support/worker-world.js';

const worlds: WorkerWorld[] = [];
function world(): WorkerWorld {
  const made = new WorkerWorld();
  worlds.push(made);
  return made;
}

afterEach(async () => {
  for (const made of worlds.splice(0)) if (made.engine !== undefined) await made.end();
});

const partials = (w: WorkerWorld): readonly string[] => w.store.keys('jobs/job/partial/');
const savedItems = (w: WorkerWorld): number =>
  w.store
    .text(partialKey('job', 0, `${INSTANCE}-lease0`))
    .trimEnd()
    .split('\n').length;

it('R3: saves finished items without any notice once they are a minute of work, and again each minute', async () => {
  const w = world();
  w.model.msPerItem = 1_000;
  w.submit({ itemsPerBatch: 200 });
  w.start();
  await w.pass(58_000);
  expect(partials(w)).toEqual([]);
  await w.pass(8_000);
  expect(savedItems(w)).toBeGreaterThanOrEqual(60);
  const afterMinute = savedItems(w);
  await w.pass(30_000);
  expect(savedItems(w)).toBe(afterMinute);
  await w.pass(36_000);
  expect(savedItems(w)).toBeGreaterThanOrEqual(120);
  expect(w.codes()).not.toContain('trouble');
});

it('R3: saves no item that is less than a minute of work, however long the next one takes', async () => {
  const w = world();
  w.model.msPerItem = 1_000;
  w.submit({ itemsPerBatch: 4 });
  w.start();
  await w.pass(2_500);
  w.model.msPerItem = 300_000;
  await w.pass(200_000);
  expect(partials(w)).toEqual([]);
});

it('R3: writes no partial of batches that take less than a minute each', async () => {
  const w = world();
  w.model.msPerItem = 1_000;
  w.submit({ batches: 4, itemsPerBatch: 50 });
  w.start();
  await w.passUntil(() => w.queue.messages.length === 0, 240_000);
  expect(partials(w)).toEqual([]);
});

it('R3: tries again after a partial could not be written', async () => {
  const w = world();
  let refused = 0;
  w.store.fail = (call, key) => {
    if (call !== 'put' || !key.includes('/partial/') || refused > 0) return undefined;
    refused += 1;
    return new Error('503 Slow Down');
  };
  w.model.msPerItem = 1_000;
  w.submit({ itemsPerBatch: 200 });
  w.start();
  await w.pass(72_000);
  expect(w.event('trouble').doing).toBe('saving finished items');
  expect(savedItems(w)).toBeGreaterThanOrEqual(60);
});
