import { afterEach, describe, expect, it } from 'vitest';
import type { BatchWork, Slot } from '../../../worker/slot/slot.js';
import { INSTANCE, WorkerWorld } from '../support/worker-world.js';
import { unableKey } from '../../../core/contract/keys.js';

const worlds: WorkerWorld[] = [];
afterEach(async () => {
  for (const made of worlds.splice(0)) await made.end();
});

const MESSAGE = 'The model m could not be loaded. CUDA out of memory.';

/** The model fits so many times. `loads` has every load, by whether it went well. */
function world(fits: number): { readonly w: WorkerWorld; readonly loads: boolean[] } {
  const w = new WorkerWorld();
  worlds.push(w);
  const loaded = new Set<Slot>();
  const loads: boolean[] = [];
  w.model.end = (_work: BatchWork, slot: Slot) => {
    if (loaded.has(slot)) return undefined;
    const isLoaded = loaded.size < fits;
    loads.push(isLoaded);
    if (!isLoaded) return { kind: 'unable', message: MESSAGE };
    loaded.add(slot);
    return undefined;
  };
  return { w, loads };
}

const outcomes = (w: WorkerWorld): number => w.store.keys('jobs/job/results/').length;

describe('a slot beyond the first that cannot load the model', () => {
  it('is a step taken back, with its reason, when the user asked for more slots than fit', async () => {
    const { w, loads } = world(2);
    w.submit({ batches: 20, options: { slots: 4 } });
    w.start();
    await w.passUntil(() => outcomes(w) === 20);
    expect(w.ended).toBeUndefined();
    expect(w.store.keys(unableKey('job', INSTANCE))).toEqual([]);
    expect(w.store.keys('jobs/job/attempts/')).toEqual([]);
    expect(w.codes()).not.toContain('batch-handed-back');
    expect(w.engine?.status.shape).toMatchObject({
      slots: 2,
      settled: true,
      reason: '2 slots, because one more could not load the model: The model m could not be loaded. CUDA out of memory',
    });
    expect(w.events.filter(({ code }) => code === 'slot-shape').at(-1)).toMatchObject({ slots: 2, settled: true });
    // Slots that fail at the same moment may count each other once more.
    expect(loads.filter((isLoaded) => !isLoaded).length).toBeLessThanOrEqual(3);
    expect(w.engine?.status.slots).toBe(2);
  });

  it('is tried no more when another job wants as many slots', async () => {
    const { w, loads } = world(1);
    const end = w.model.end;
    w.model.end = (work, slot) => (work.job === 'job' ? end(work, slot) : undefined);
    w.submit({ batches: 10, options: { slots: 2 } });
    w.submit({ job: 'other', batches: 30, options: { slots: 4 } });
    w.start();
    await w.passUntil(() => outcomes(w) === 10 && w.store.keys('jobs/other/results/').length === 30);
    expect(loads.filter((isLoaded) => !isLoaded).length).toBeLessThanOrEqual(1);
    expect(w.codes()).not.toContain('unable');
  });

  it('counts only together with one more try alone when all of them fail', async () => {
    const { w, loads } = world(0);
    w.submit({ batches: 10, options: { slots: 3 } });
    w.start();
    await w.passUntil(() => w.ended !== undefined);
    expect(w.ended).toBe('unable');
    expect(w.store.json(unableKey('job', INSTANCE))).toMatchObject({ phase: 'load', message: MESSAGE });
    expect(loads.length).toBeLessThanOrEqual(4);
  });
});
