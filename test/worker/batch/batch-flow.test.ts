import { afterEach, expect, it } from 'vitest';
import type { HeldBatch } from '../../../worker/batch/held-batch.js';
import type { SlotPool } from '../../../worker/slot/slot-pool.js';
import { WorkerWorld } from '../support/worker-world.js';

interface Inside {
  readonly slots: SlotPool;
  readonly held: ReadonlySet<HeldBatch>;
}

let w = new WorkerWorld();
afterEach(() => w.end());

it('gives a slot back that came when the batch had just been stopped', async () => {
  w = new WorkerWorld();
  w.submit();
  w.start();
  const { held, slots } = w.engine as unknown as Inside;
  const acquire = slots.acquire.bind(slots);
  let stopped = 0;
  slots.acquire = (...wanted) => {
    const slot = acquire(...wanted);
    if (stopped++ === 0) for (const batch of held) batch.stop('waiting');
    return slot;
  };
  await w.passUntil(() => w.queue.messages.length === 0);
  expect(w.event('batch-handed-back').reason).toBe('waiting');
  expect(w.event('batch-committed').ok).toBe(4);
});
