import { afterEach, describe, expect, it } from 'vitest';
import { fleetStateKey } from '../../../core/contract/keys.js';
import { WorkerWorld } from '../support/worker-world.js';

const worlds: WorkerWorld[] = [];
afterEach(async () => {
  for (const made of worlds.splice(0)) await made.end();
});

/** Submits a job whose model never gets ready before ordinary jobs. */
function world(hangs: 'loading' | 'setup', jobs: readonly string[]): WorkerWorld {
  const w = new WorkerWorld();
  worlds.push(w);
  const never = new Promise<void>(() => undefined);
  if (hangs === 'setup') w.prepares = async (job) => (job === 'stuck' ? never : undefined);
  else w.model.whenReady = (modelKey) => (modelKey === 'stuck' ? never : undefined);
  w.store.set(fleetStateKey, JSON.stringify({ version: 1, generation: 1, target: 1, grants: 0, jobs, at: '' }));
  w.submit({ job: 'stuck', batches: 30 });
  return w;
}

const outcomes = (w: WorkerWorld, job: string): number => w.store.keys(`jobs/${job}/results/`).length;

describe('a job whose model never gets ready', () => {
  it.each(['loading', 'setup'] as const)('holds up no other job of the pool when it hangs in its %s', async (hangs) => {
    const w = world(hangs, ['stuck', 'other']);
    w.submit({ job: 'other', batches: 20 });
    w.start();
    await w.passUntil(() => outcomes(w, 'other') === 20, 60_000);
    expect(outcomes(w, 'stuck')).toBe(0);
    expect(w.event('trouble')).toMatchObject({ doing: 'waiting for a model', job: 'stuck' });
    expect(w.codes().filter((code) => code === 'trouble')).toHaveLength(1);
    const held = w.queue.messages.filter(({ visibleAtMs }) => visibleAtMs > w.clock.nowMs());
    expect(held.length).toBeGreaterThan(0);
    expect(w.engine?.status.slots).toBe(1);
  });

  it('keeps its batches where they are while no other job has work', async () => {
    const w = world('loading', ['stuck']);
    w.start();
    await w.pass(60_000);
    expect(w.queue.messages.filter(({ receives }) => receives > 0)).toHaveLength(2);
    expect(w.queue.visible).toBe(28);
    expect(w.codes()).not.toContain('batch-handed-back');
  });

  it('is computed when its model gets ready after all, and the batches left to others come back', async () => {
    const w = world('loading', ['stuck', 'other']);
    let ready = (): void => undefined;
    const loaded = new Promise<void>((resolve) => (ready = resolve));
    w.model.whenReady = (modelKey) => (modelKey === 'stuck' ? loaded : undefined);
    w.submit({ job: 'other', batches: 20 });
    w.start();
    await w.passUntil(() => outcomes(w, 'other') === 20, 60_000);
    ready();
    await w.passUntil(() => outcomes(w, 'stuck') === 30, 120_000);
    await w.passUntil(() => w.model.computers - w.model.closed === 1);
  });
});
