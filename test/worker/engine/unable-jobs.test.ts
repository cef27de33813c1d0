import { afterEach, describe, expect, it } from 'vitest';
import { doneKey, fleetStateKey, unableKey } from '../../../core/contract/keys.js';
import { ModelUnable } from '../../../worker/model/prepared-models.js';
import { INSTANCE, WorkerWorld, type WorldLimits } from '../support/worker-world.js';

const worlds: WorkerWorld[] = [];
afterEach(async () => {
  for (const made of worlds.splice(0)) await made.end();
});

/** The model of job `broken` cannot be set up. `jobs` are those that the fleet's state names. */
function world(jobs: readonly string[], limits: WorldLimits = {}): WorkerWorld {
  const w = new WorkerWorld(limits);
  worlds.push(w);
  w.unable = new ModelUnable('setup', 'pip failed');
  w.unableJob = 'broken';
  w.store.set(fleetStateKey, JSON.stringify({ version: 1, generation: 1, target: 1, grants: 0, jobs, at: '' }));
  return w;
}

const outcomes = (w: WorkerWorld, job: string): number => w.store.keys(`jobs/${job}/results/`).length;

function endJob(w: WorkerWorld, job: string, state: 'failed' | 'complete'): void {
  w.store.set(doneKey(job), JSON.stringify({ state, at: '2026-01-01T00:00:00.000Z', reason: 'It ended.' }));
}

describe('R10: a worker that cannot use one job’s model', () => {
  it('goes on with a job that it holds, and with one that waits in the queue', async () => {
    const w = world(['broken', 'held', 'waiting']);
    w.submit({ job: 'held', batches: 3 });
    w.submit({ job: 'broken', batches: 30 });
    w.submit({ job: 'waiting', batches: 20 });
    w.start();
    await w.passUntil(() => outcomes(w, 'held') === 3 && outcomes(w, 'waiting') === 20);
    expect(w.ended).toBeUndefined();
    expect(w.store.json(unableKey('broken', INSTANCE))).toMatchObject({ phase: 'setup', message: 'pip failed' });
    expect(w.codes().filter((code) => code === 'unable')).toHaveLength(1);
    expect(w.event('unable').message).toBe(
      "This instance cannot set up the model and leaves the job's batches to others: pip failed",
    );
    expect(w.store.keys('jobs/broken/attempts/')).toEqual([]);
    expect(w.queue.messages).toHaveLength(30);
  });

  it('ends when the other jobs are over, so that another instance gives the next mark', async () => {
    const w = world(['broken', 'other']);
    w.submit({ job: 'other', batches: 5 });
    w.submit({ job: 'broken', batches: 5 });
    w.start();
    await w.passUntil(() => outcomes(w, 'other') === 5);
    await w.pass(10_000);
    expect(w.ended).toBeUndefined();
    endJob(w, 'other', 'complete');
    await w.passUntil(() => w.ended !== undefined);
    expect(w.ended).toBe('unable');
    expect(w.queue.messages).toHaveLength(5);
  });

  it('ends when it can use no job’s model, one after the other', async () => {
    const w = world(['broken', 'too']);
    w.unableJob = undefined;
    w.submit({ job: 'broken', batches: 2 });
    w.submit({ job: 'too', batches: 2 });
    w.start();
    await w.passUntil(() => w.ended !== undefined);
    expect(w.ended).toBe('unable');
    for (const job of ['broken', 'too']) expect(w.store.keys(unableKey(job, INSTANCE))).toHaveLength(1);
  });

  it('never spins: a batch that comes back is hidden for longer each time', async () => {
    const w = world(['broken', 'elsewhere']);
    w.submit({ job: 'broken', batches: 1 });
    w.start();
    await w.pass(300_000);
    expect(w.ended).toBeUndefined();
    const [message] = w.queue.messages;
    expect(message?.receives).toBeGreaterThan(5);
    expect(message?.receives).toBeLessThan(12);
    expect(w.codes().filter((code) => code === 'batch-handed-back')).toHaveLength(1);
  });

  it('R9: is idle meanwhile, so it ends at the latest after the maximum idle time', async () => {
    const w = world(['broken', 'elsewhere'], { maxIdleMs: 120_000 });
    w.submit({ job: 'broken', batches: 3 });
    w.start();
    await w.passUntil(() => w.ended !== undefined, 150_000);
    expect(w.ended).toBe('idle');
  });

  it('drops the batches once the job has failed, and tries the model again when the job goes on', async () => {
    const w = world(['broken', 'elsewhere']);
    w.submit({ job: 'broken', batches: 3 });
    w.start();
    await w.passUntil(() => w.codes().includes('unable'));
    endJob(w, 'broken', 'failed');
    await w.passUntil(() => w.queue.messages.length === 0);
    expect(w.codes()).toContain('batch-dropped');
    w.store.objects.delete(doneKey('broken'));
    w.unable = undefined;
    await w.pass(5_000);
    w.submit({ job: 'broken', batches: 3 });
    await w.passUntil(() => outcomes(w, 'broken') === 3);
  });

  it('keeps the batches of other jobs moving when the queue is full of batches that it cannot use', async () => {
    const w = world(['broken', 'other']);
    w.submit({ job: 'broken', batches: 500 });
    w.submit({ job: 'other', batches: 40 });
    w.start();
    await w.passUntil(() => outcomes(w, 'other') === 40, 60_000);
  });

  it('stays while it does not know whether other jobs have work, because the bucket does not answer', async () => {
    const w = world(['broken', 'other']);
    w.submit({ job: 'broken', batches: 1 });
    const read = w.store.get.bind(w.store);
    let isDown = true;
    w.store.get = async (key, options) => {
      if (isDown && key === fleetStateKey) throw new Error('503');
      return read(key, options);
    };
    w.start();
    await w.pass(10_000);
    expect(w.ended).toBeUndefined();
    isDown = false;
    w.submit({ job: 'other', batches: 2 });
    await w.passUntil(() => outcomes(w, 'other') === 2);
  });
});
