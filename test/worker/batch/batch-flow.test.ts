import { expect, it } from 'vitest';
import { PipelinePace } from '../../../core/batch/pipeline-pace.js';
import { decodeManifest } from '../../../core/contract/job.js';
import { manifestKey } from '../../../core/contract/keys.js';
import { BatchFlow } from '../../../worker/batch/batch-flow.js';
import { BatchRecord } from '../../../worker/batch/batch-record.js';
import { HeldBatch, WorkStopped } from '../../../worker/batch/held-batch.js';
import { type OpenPart, SlotWorks } from '../../../worker/batch/slot-work.js';
import { SlotPool } from '../../../worker/slot/slot-pool.js';
import { FakeSlot } from '../support/fake-slot.js';
import { WorkerWorld } from '../support/worker-world.js';

const MODEL_KEY = 'job';

it('gives back a slot that it got just after the batch was stopped', async () => {
  const w = new WorkerWorld();
  const [message] = w.submit();
  const manifest = decodeManifest(Buffer.from(w.store.text(manifestKey('job'))), 'job');
  if (message === undefined || manifest === undefined) throw new Error('The job was not submitted.');
  const batch = new HeldBatch(message, { id: 'lease', receiptHandle: '', receivedAtMs: 0 }, 1);
  const slots = new SlotPool<OpenPart>(() => new FakeSlot(w.model, w.clock), w.clock);
  const acquire = slots.acquire.bind(slots);
  slots.acquire = (...wanted) => {
    const slot = acquire(...wanted);
    batch.stop('waiting');
    return slot;
  };
  const flow = new BatchFlow(batch, manifest, '/', {
    works: new SlotWorks({ slots, shapes: { compute: (slot, work) => slot.compute(work) } }),
    reader: { store: w.store, storeOf: () => w.store },
    record: new BatchRecord(w.store, 'i-0worker', w.memory),
    budget: w.budget,
    memory: w.memory,
    pace: new PipelinePace(),
    clock: w.clock,
    onPhase: () => undefined,
    onSlotEvent: () => undefined,
    onTrouble: () => undefined,
  });
  const { model: spec, options } = manifest;
  const running = flow.run(Promise.resolve({ modelKey: MODEL_KEY, spec, directory: '/', options }));
  await expect(running).rejects.toThrow(WorkStopped);
  expect(w.model.computed).toEqual([]);
  // The only slot is idle again: the next batch gets it at once.
  await expect(acquire(MODEL_KEY, new AbortController().signal)).resolves.toMatchObject({ batches: 1 });
});
