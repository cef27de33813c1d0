/** Tests of a worker that gets messages of a job that has ended, or was resumed. */
import { afterEach, describe, expect, it } from 'vitest';
import { encodeBatchMessage } from '../../../core/contract/batch-message.js';
import { encodeEnds, type JobEnds, NO_ENDS, withEnd, withResume } from '../../../core/contract/ends.js';
import { doneKey, endsKey, outcomeKey } from '../../../core/contract/keys.js';
import { WorkerWorld } from '../support/worker-world.js';

const at = '2026-01-01T00:00:00.000Z';
const before = { batches: { done: 0, failed: 0 }, items: { ok: 0, failed: 0 } };
const failed: JobEnds = withEnd(NO_ENDS, { state: 'failed', reason: 'no', at });
const resumed: JobEnds = withResume(failed, { at, by: 'me', options: {}, before });

let w: WorkerWorld;
afterEach(() => w.end());

const outcomes = (): number => w.store.keys('jobs/job/results/').length;
const drops = (): number => w.codes().filter((code) => code === 'batch-dropped').length;
const endsAre = (ends: JobEnds): void => w.store.set(endsKey('job'), encodeEnds(ends));

describe('a job that was resumed', () => {
  it('loses none of the messages that were sent at once after the resume, although its end was read just before', async () => {
    w = new WorkerWorld();
    const messages = w.submit({ batches: 3 });
    endsAre(failed);
    w.start();
    await w.passUntil(() => drops() === 3);
    endsAre(resumed);
    for (const message of messages) w.queue.send(encodeBatchMessage({ ...message, again: true }));
    await w.passUntil(() => outcomes() === 3, 5_000);
    expect(drops()).toBe(3);
  });

  it('has each batch looked up first: a message of before may be left beside the one that was sent again', async () => {
    w = new WorkerWorld();
    w.submit({ batches: 2 });
    w.store.set(outcomeKey('job', 0), '');
    endsAre(resumed);
    w.start();
    await w.passUntil(() => w.queue.messages.length === 0);
    expect(w.event('batch-duplicate').items).toBe(0);
    expect(w.model.computed).toHaveLength(4);
  });

  it('goes on although an older version had marked its end', async () => {
    w = new WorkerWorld();
    w.submit({ batches: 2 });
    w.store.set(doneKey('job'), { state: 'failed' });
    endsAre(resumed);
    w.start();
    await w.passUntil(() => outcomes() === 2);
    expect(drops()).toBe(0);
  });

  it('stops the batch in hand when it ends again', async () => {
    w = new WorkerWorld();
    w.submit({ batches: 1, itemsPerBatch: 1_000 });
    endsAre(resumed);
    w.start();
    await w.pass(500);
    endsAre(withEnd(resumed, { state: 'cancelled', reason: 'no', at, by: 'me' }));
    await w.passUntil(() => w.queue.messages.length === 0, 10_000);
    expect(w.event('batch-dropped').reason).toBe('cancelled');
  });
});

it('a batch that was sent again is looked up before it is computed (R5)', async () => {
  w = new WorkerWorld();
  const [message] = w.submit();
  w.queue.messages.length = 0;
  w.store.set(outcomeKey('job', 0), '');
  w.start();
  if (message !== undefined) w.queue.send(encodeBatchMessage({ ...message, again: true }));
  await w.passUntil(() => w.queue.messages.length === 0);
  expect(w.codes()).toContain('batch-duplicate');
  expect(w.model.computed).toEqual([]);
});
