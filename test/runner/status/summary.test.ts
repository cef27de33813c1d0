import { describe, expect, it } from 'vitest';
import type { WorkerEvent } from '../../../core/contract/events.js';
import * as keys from '../../../core/contract/keys.js';
import type { FleetDescription, FleetInstance } from '../../../runner/ports.js';
import { InstanceLedger } from '../../../runner/status/instance-ledger.js';
import { readJobProgress } from '../../../runner/status/job-status.js';
import { summarise } from '../../../runner/status/summary.js';
import { never, Stage } from '../controller/stage.js';

const instance = (name: string, change: Partial<FleetInstance> = {}): FleetInstance => ({
  instance: name,
  state: 'running',
  instanceType: 'c7g.large',
  zone: 'us-east-1a',
  launchedAtMs: 10_000,
  reclaimed: false,
  ...change,
});

const fleetOf = (...instances: readonly FleetInstance[]): FleetDescription => ({
  target: 1,
  fulfilled: 1,
  state: 'active',
  instances,
});

describe('the ledger of instances', () => {
  it('reports launches, ends and reclaims once each, and counts the seconds', () => {
    const ledger = new InstanceLedger(5_000);
    const kinds = (description: FleetDescription, atMs: number) =>
      ledger.observe(description, atMs).map(({ kind, entry }) => `${kind} ${entry.instance}`);
    expect(kinds(fleetOf(instance('i-0', { state: 'terminated' })), 9_000)).toEqual([]);
    expect(kinds(fleetOf(instance('i-1'), instance('i-2')), 11_000)).toEqual(['launched i-1', 'launched i-2']);
    expect(kinds(fleetOf(instance('i-1'), instance('i-2')), 12_000)).toEqual([]);
    const taken = instance('i-1', { state: 'terminated', reclaimed: true });
    expect(kinds(fleetOf(taken, instance('i-2')), 20_000)).toEqual(['reclaimed i-1']);
    expect(kinds(fleetOf(taken), 30_000)).toEqual(['ended i-2']);
    expect(kinds(fleetOf(), 40_000)).toEqual([]);
    expect(ledger.uses(50_000).map(({ instance: name, seconds }) => [name, seconds])).toEqual([
      ['i-1', 10],
      ['i-2', 20],
    ]);
    expect(ledger.reclaims()).toBe(1);
  });

  it('counts an instance that ran before from the start of the run', () => {
    const ledger = new InstanceLedger(100_000);
    expect(ledger.observe(fleetOf(instance('i-1')), 101_000)).toEqual([]);
    expect(ledger.uses(160_000)[0]).toMatchObject({ seconds: 60, lifeSeconds: 150 });
  });
});

describe('the summary', () => {
  it('has the results, the time and the cost', async () => {
    const stage = new Stage();
    await stage.addJob('a', 2);
    await stage.commit('a', 0);
    await stage.commit('a', 1, 1);
    const base = { at: '', message: '', job: 'a' };
    const events: readonly WorkerEvent[] = [
      { ...base, instance: 'i-1', code: 'batch-handed-back', reason: 'interruption', savedItems: 3 },
      { ...base, instance: 'i-1', code: 'batch-handed-back', reason: 'draining', savedItems: 0 },
      { ...base, instance: 'i-1', code: 'batch-handed-back', reason: 'waiting', savedItems: 0 },
      { ...base, instance: 'i-1', code: 'batch-duplicate', items: 4 },
      { ...base, instance: 'i-1', code: 'lease-lost', items: 2 },
      { ...base, instance: 'i-1', code: 'attempt', attempts: 1, maxAttempts: 3 },
      { ...base, instance: 'i-1', code: 'slot-rebuilt', reason: 'crashed' },
    ];
    await stage.write(
      keys.jobEventsKey('a', 'i-1', 0),
      `${events.map((event) => JSON.stringify(event)).join('\n')}\n{"code":"batch-dup`,
    );
    const notice: WorkerEvent = { at: '', message: '', instance: 'i-1', code: 'notice', kind: 'interruption' };
    await stage.write(keys.instanceEventsKey('i-1', 0), `${JSON.stringify(notice)}\n`);

    const ledger = new InstanceLedger(0);
    ledger.observe(fleetOf(instance('i-1'), instance('i-2'), instance('i-3')), 11_000);
    const gone = { state: 'terminated', reclaimed: true } as const;
    ledger.observe(fleetOf(instance('i-1', gone), instance('i-2', gone), instance('i-3')), 20_000);
    const summary = await summarise(
      { store: stage.store, prices: { spotDollarsPerHour: async () => 0.036 } },
      { progress: await readJobProgress(stage.store, 'a', never), ledger, sinceMs: 0, nowMs: 110_000 },
      never,
    );
    expect(summary).toMatchObject({
      job: 'a',
      state: 'complete',
      items: { total: 20, ok: 19, failed: 1 },
      seconds: 110,
      instances: 3,
      reclaims: { total: 2, withNotice: 1, withoutNotice: 1 },
      events: { handBacks: 2, duplicateItems: 6, lostItemsAtMost: 0 },
      cost: { instanceSeconds: 120, withoutSpotPrice: [] },
    });
    expect(summary.cost.spotDollars).toBeCloseTo(0.001);
  });

  it('leaves the cost open when the market has no price, or cannot be asked', async () => {
    const stage = new Stage();
    await stage.addJob('a', 1);
    const ledger = new InstanceLedger(0);
    ledger.observe(fleetOf(instance('i-1')), 11_000);
    const progress = await readJobProgress(stage.store, 'a', never);
    const spotDollarsPerHour = () => Promise.reject(new Error('UnauthorizedOperation'));
    const summary = await summarise(
      { store: stage.store, prices: { spotDollarsPerHour } },
      { progress, ledger, sinceMs: 0, nowMs: 20_000 },
      never,
    );
    expect(summary.cost.spotDollars).toBeUndefined();
    expect(summary.cost.withoutSpotPrice).toEqual(['c7g.large us-east-1a']);
  });
});
