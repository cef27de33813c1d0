import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { idealOf, PoolForecast } from '../../../core/forecast/forecast.js';
import { POLICIES, SPOTPOOL } from '../../../core/forecast/policies.js';
import type { Policy } from '../../../core/forecast/policy.js';
import type { RunResult } from '../../../core/forecast/run-tally.js';
import type { Scenario } from '../../../core/forecast/scenario.js';
import { ITEM_MS, constant, runMany, runOnce, scenario } from './scenarios.js';

const RUNS = { numRuns: 60 };

const scenarios = fc
  .record({
    items: fc.integer({ min: 1, max: 400 }),
    batchItems: fc.integer({ min: 1, max: 40 }),
    itemMs: fc.integer({ min: 1, max: 5_000 }),
    loadMs: fc.integer({ min: 0, max: 20_000 }),
    maxInstances: fc.integer({ min: 1, max: 12 }),
    slots: fc.integer({ min: 1, max: 4 }),
    mostArrivalMs: fc.integer({ min: 0, max: 120_000 }),
    perInstanceHour: fc.constantFrom(0, 0, 1, 10),
    withoutNotice: fc.constantFrom(0, 0.5, 1),
  })
  .map(({ items, batchItems, itemMs, loadMs, maxInstances, slots, mostArrivalMs, perInstanceHour, withoutNotice }) =>
    scenario({
      work: { items, batchItems, itemTimes: constant(itemMs), loadTimes: constant(loadMs) },
      pool: {
        maxInstances,
        slots,
        arrivalTimes: { kind: 'uniform', leastMs: 0, mostMs: mostArrivalMs },
        reclaims: { perInstanceHour, noticeMs: 120_000, withoutNotice },
        dollarsPerHour: 0.1,
      },
    }),
  );

const meanOf = (runs: readonly RunResult[], value: (run: RunResult) => number): number =>
  runs.reduce((sum, run) => sum + value(run), 0) / runs.length;

describe('a forecast', () => {
  it('is the same for the same seed, and another one for another seed', () => {
    const forecastOf = (seed: number): object => {
      const surprising = scenario({
        work: { itemTimes: { kind: 'spread', medianMs: 500, p90Ms: 2_000 } },
        pool: { reclaims: { perInstanceHour: 4, noticeMs: 120_000, withoutNotice: 0.5 } },
      });
      const forecast = new PoolForecast(surprising, SPOTPOOL, seed);
      for (let run = 0; run < 10; run += 1) forecast.runOnce();
      return forecast.result();
    };
    expect(forecastOf(1)).toEqual(forecastOf(1));
    expect(forecastOf(1)).not.toEqual(forecastOf(2));
  });

  it('does every batch once, and is never better than the ideal', () => {
    fc.assert(
      fc.property(scenarios, fc.constantFrom(...POLICIES), fc.nat(1_000), (of, policy, seed) => {
        const run = runOnce(of, policy, seed);
        const ideal = idealOf(of);
        expect(run.doneMs).toHaveLength(policy.cut(of).length);
        expect(run.timeMs).toBeGreaterThanOrEqual(ideal.timeMs - 1e-6);
        expect(run.instanceMs / 3_600_000).toBeGreaterThanOrEqual(ideal.instanceHours - 1e-9);
        expect(run.idleShare).toBeGreaterThanOrEqual(0);
        expect(run.startingShare + run.idleShare).toBeLessThanOrEqual(1 + 1e-9);
        expect(run.endsMs).toHaveLength(run.launchesMs.length);
      }),
      RUNS,
    );
  });

  it('has an ideal that takes no less time than an item, however many instances may come', () => {
    const { timeMs, instanceHours } = idealOf(scenario({ work: { items: 1 } }));
    expect(timeMs).toBe(ITEM_MS);
    expect(instanceHours).toBe(ITEM_MS / 3_600_000);
  });

  it('never has more live instances than the pool allows', () => {
    fc.assert(
      fc.property(scenarios, fc.constantFrom(...POLICIES), fc.nat(1_000), (of, policy, seed) => {
        const { launchesMs, endsMs } = runOnce(of, policy, seed);
        const changes = [
          ...launchesMs.map((atMs) => ({ atMs, by: 1 })),
          // At the same moment an end comes before the launch that replaces it.
          ...endsMs.map((atMs) => ({ atMs, by: -1 })),
        ].sort((a, b) => a.atMs - b.atMs || a.by - b.by);
        let live = 0;
        for (const { by } of changes) expect((live += by)).toBeLessThanOrEqual(of.pool.maxInstances);
        expect(live).toBe(0);
      }),
      RUNS,
    );
  });

  it('takes no longer, and costs no more, when slots keep their model', () => {
    fc.assert(
      fc.property(scenarios, fc.nat(1_000), (of, seed) => {
        const calm: Scenario = { ...of, pool: { ...of.pool, reclaims: { ...of.pool.reclaims, perInstanceHour: 0 } } };
        const kept = runOnce(calm, SPOTPOOL, seed);
        const loaded = runOnce(calm, { ...SPOTPOOL, loadsEachBatch: true }, seed);
        expect(kept.timeMs).toBeLessThanOrEqual(loaded.timeMs + 1e-6);
      }),
      RUNS,
    );
    const costOf = (policy: Policy): number =>
      meanOf(runMany(scenario({ pool: { dollarsPerHour: 1 } }), policy, 20), ({ dollars = 0 }) => dollars);
    expect(costOf(SPOTPOOL)).toBeLessThan(costOf({ ...SPOTPOOL, loadsEachBatch: true }));
  });

  it('costs in proportion to the price', () => {
    fc.assert(
      fc.property(scenarios, fc.integer({ min: 0, max: 9 }), fc.nat(1_000), (of, factor, seed) => {
        const dearer: Scenario = { ...of, pool: { ...of.pool, dollarsPerHour: 0.1 * factor } };
        const [cheap = 0, dear = 0] = [runOnce(of, SPOTPOOL, seed).dollars, runOnce(dearer, SPOTPOOL, seed).dollars];
        expect(dear).toBeCloseTo(cheap * factor, 9);
      }),
      RUNS,
    );
  });

  it('takes longer on average the more instances are reclaimed', () => {
    const timeWith = (perInstanceHour: number): number =>
      meanOf(
        runMany(
          scenario({
            work: { items: 9_600 },
            pool: { reclaims: { perInstanceHour, noticeMs: 120_000, withoutNotice: 0 } },
          }),
          SPOTPOOL,
          40,
        ),
        ({ timeMs }) => timeMs,
      );
    const times = [0, 1, 4, 12].map(timeWith);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });
});

describe('notices', () => {
  it.each([1, 20, 300])('save the more work the more reclaims have one, in batches of %d items', (batchItems) => {
    const lostWith = (withoutNotice: number): number =>
      meanOf(
        runMany(
          scenario({
            work: { items: 9_600, batchItems },
            pool: { reclaims: { perInstanceHour: 6, noticeMs: 120_000, withoutNotice } },
          }),
          SPOTPOOL,
          20,
        ),
        ({ lostMs }) => lostMs,
      );
    const lost = [0, 0.5, 1].map(lostWith);
    expect(lost).toEqual([...lost].sort((a, b) => a - b));
    expect(lost[2]).toBeGreaterThan(2 * (lost[0] ?? 0));
  });
});
