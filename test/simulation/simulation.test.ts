import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Observer } from './calls.js';
import { KEPT } from './kept.js';
import { SCENARIOS, type ScenarioName } from './scenarios.js';
import { shrink } from './shrink.js';
import { simulate, type SimulationOptions } from './simulate.js';

/** These seeds are short, and have many kinds of faults among them. */
const SHORT_SEEDS = [2, 17, 30, 35, 44, 49];

/** A digest of everything that services and workers did. */
async function historyOf(options: SimulationOptions): Promise<string> {
  const hash = createHash('sha256');
  const observer: Observer = {
    onCall: ({ process, ...call }) => hash.update(JSON.stringify([process.name, call])),
    onWorkerEvent: ({ name }, event) => hash.update(JSON.stringify([name, event])),
  };
  await simulate({ ...options, observers: [observer] });
  return hash.digest('hex');
}

describe('the simulation', () => {
  it('gives the same history for the same seed', async () => {
    const history = await historyOf({ seed: 2 });
    expect(await historyOf({ seed: 2 })).toBe(history);
    expect(await historyOf({ seed: 44 })).not.toBe(history);
  });

  it.each(SHORT_SEEDS)('heals the pool of seed %i', async (seed) => {
    expect((await simulate({ seed })).problems).toEqual([]);
  });

  const healed: readonly ScenarioName[] = [
    'an outage lasts longer than the maximum idle time',
    'an item kills its worker',
    'long batches meet a kill without a notice every few minutes',
    'the messages of a job are lost while another job keeps the queue busy',
    'a submit dies when it has sent its messages and not counted them',
    'a notice comes in the middle of a long batch',
    'a model can be loaded nowhere',
  ];
  it.each(healed)('heals the pool when %s', async (name) => {
    expect((await simulate({ seed: 1, ...SCENARIOS[name] })).problems).toEqual([]);
  });

  it.each(KEPT)('holds once more: $holds', async ({ options }) => {
    expect((await simulate(options)).problems).toEqual([]);
  });

  it('shrinks a failing seed to the faults that it needs', async () => {
    // Whoever kills an instance breaks this rule, which no pool could keep.
    const observers: Observer[] = [
      { onFault: (name, world) => name === 'kill' && world.problem('an instance was killed') },
    ];
    const small = {
      settings: { faults: 5, chaosMs: 60_000, maxWorkers: 1 },
      firstJob: { batches: 3, itemsPerBatch: 2 },
    };
    const shrunk = await shrink({ seed: 81, observers, ...small });
    expect(shrunk?.report.faults.map(({ kind }) => kind)).toEqual(['kill']);
    expect(await shrink({ seed: 81, ...small, faults: [] })).toBeUndefined();
  });
});
