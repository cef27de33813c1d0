import { afterEach, describe, expect, it } from 'vitest';
import { definedFields } from '../../../core/defined-fields.js';
import { decideEnd } from '../../../core/pool/completion.js';
import type { UnableMark } from '../../../core/contract/job.js';
import { outcomeKey, unableKey, workerPointerKey } from '../../../core/contract/keys.js';
import { NO_PROGRESS } from '../../../core/pool/progress.js';
import { INSTANCE, WorkerWorld } from '../support/worker-world.js';

const [OWN, OTHER] = ['a'.repeat(64), 'b'.repeat(64)];
const worlds: WorkerWorld[] = [];
function world(version = '1.0.0', instance = INSTANCE): WorkerWorld {
  const made = new WorkerWorld({ version, instance, bundle: OWN });
  worlds.push(made);
  return made;
}

afterEach(async () => {
  for (const made of worlds.splice(0)) if (made.engine !== undefined) await made.end();
});

const publish = (w: WorkerWorld, version: string, sha256 = OTHER): void =>
  w.store.set(workerPointerKey, { version, sha256 });

describe('a batch that asks for a newer worker', () => {
  it('is handed back at once, and the worker ends so that a newer one replaces it', async () => {
    const w = world('1.0.0');
    publish(w, '1.1.0');
    w.submit({ batches: 3, worker: '1.1.0' });
    w.start();
    await w.passUntil(() => w.ended !== undefined);
    expect(w.ended).toBe('outdated');
    expect(w.queue.visible).toBe(3);
    expect(w.model.computed).toEqual([]);
    expect(w.codes().filter((code) => code === 'outdated')).toHaveLength(1);
    expect(w.event('outdated')).toMatchObject({ job: 'job', version: '1.0.0', needs: '1.1.0' });
    expect(w.event('outdated').message).toContain('an instance with worker 1.1.0 replaces this one');
    expect(w.event('batch-handed-back')).toMatchObject({ reason: 'outdated' });
    expect(w.store.keys(unableKey('job', INSTANCE))).toEqual([]);
  });

  it('is not taken again while the current batch of another job is finished', async () => {
    const w = world('1.0.0');
    publish(w, '1.1.0');
    w.submit({ job: 'old', itemsPerBatch: 100 });
    w.start();
    await w.passUntil(() => w.engine?.status.phase === 'busy');
    w.submit({ job: 'new', worker: '1.1.0' });
    await w.passUntil(() => w.ended !== undefined);
    expect(w.store.keys(outcomeKey('old', 0))).toHaveLength(1);
    expect(w.queue.visible).toBe(1);
    expect(w.codes().filter((code) => code === 'batch-handed-back')).toHaveLength(1);
  });

  it('is not discarded when this worker does not know its form', async () => {
    const w = world('1.0.0');
    publish(w, '2.0.0');
    w.queue.send(JSON.stringify({ v: 2, worker: '2.0.0', job: 'job', batch: 0, parts: [] }));
    w.start();
    await w.passUntil(() => w.ended !== undefined);
    expect(w.queue.visible).toBe(1);
    expect(w.codes()).not.toContain('message-discarded');
  });

  it('R10: fails its job after three instances when no newer worker is published, and says what to do', async () => {
    const marks: UnableMark[] = [];
    for (const [at, instance] of ['i-0a', 'i-0bb', 'i-0ccc'].entries()) {
      const w = world('1.0.0', instance);
      if (at > 0) publish(w, '1.0.0');
      w.submit({ worker: '1.1.0' });
      w.start();
      await w.passUntil(() => w.ended !== undefined);
      marks.push(w.store.json(unableKey('job', instance)) as UnableMark);
    }
    expect(marks.map(({ phase }) => phase)).toEqual(['version', 'version', 'version']);
    const facts = { batches: 1, items: 1, progress: NO_PROGRESS, enqueued: true };
    expect(decideEnd({ ...facts, unable: marks })).toBeUndefined();
    const [, second, third] = marks as [UnableMark, UnableMark, UnableMark];
    const end = decideEnd({ ...facts, unable: [second, third, { ...third, instance: 'i-0dddd' }] });
    expect(end?.state).toBe('failed');
    expect(end?.reason).toContain('3 instances could not take its batches');
    expect(end?.reason).toContain('Only worker 1.0.0 is published');
    expect(end?.reason).toContain('Submit the job again with spotpool 1.1.0 or newer');
  });

  it.each([
    ['the pointer names this very worker', OWN, '1.1.0', 'Only worker 1.1.0 is published'],
    ['instances do not boot by the pointer', undefined, '1.1.0', 'restart the local cloud with spotpool 1.1.0'],
  ])('R10: makes the worker leave a mark when %s', async (_, bundle, published, says) => {
    const w = new WorkerWorld({ version: '1.0.0', ...definedFields({ bundle }) });
    worlds.push(w);
    publish(w, published, OWN);
    w.submit({ worker: '1.1.0' });
    w.start();
    await w.passUntil(() => w.ended !== undefined);
    expect(w.store.json(unableKey('job', INSTANCE))).toMatchObject({
      phase: 'version',
      message: expect.stringContaining(says) as string,
    });
  });

  it('is taken by a worker that is new enough', async () => {
    const w = world('1.1.0');
    w.submit({ batches: 2, worker: '1.1.0' });
    w.start();
    await w.passUntil(() => w.queue.messages.length === 0);
    expect(w.codes()).not.toContain('outdated');
  });
});
