/** Scenarios for tests of forecasts: a small job of constant times on a pool without surprises, of which a test changes what it is about. */
import type { Policy } from '../../../core/forecast/policy.js';
import { drawsOf, planPool } from '../../../core/forecast/pool-plan.js';
import { runPool } from '../../../core/forecast/pool-run.js';
import type { RunResult } from '../../../core/forecast/run-tally.js';
import type { ForecastPool, ForecastWork, Scenario } from '../../../core/forecast/scenario.js';
import type { Times } from '../../../core/forecast/times.js';

export const constant = (ms: number): Times => ({ kind: 'constant', ms });

export const ITEM_MS = 1_000;
export const LOAD_MS = 5_000;
export const BOOT_MS = 30_000;
export const ENVIRONMENT_MS = 10_000;
/** The time from the launch of an instance until its first item is done. */
export const START_MS = BOOT_MS + ENVIRONMENT_MS + LOAD_MS;

export function scenario({
  work = {},
  pool = {},
}: { readonly work?: Partial<ForecastWork>; readonly pool?: Partial<ForecastPool> } = {}): Scenario {
  return {
    work: {
      items: 240,
      itemTimes: constant(ITEM_MS),
      loadTimes: constant(LOAD_MS),
      batchItems: 10,
      hasPace: true,
      ...work,
    },
    pool: {
      maxInstances: 4,
      slots: 1,
      arrivalTimes: constant(0),
      bootTimes: constant(BOOT_MS),
      environmentTimes: constant(ENVIRONMENT_MS),
      reclaims: { perInstanceHour: 0, noticeMs: 120_000, withoutNotice: 0 },
      leaseMs: 20_000,
      exitMs: 1_000,
      ...pool,
    },
  };
}

export const runOnce = (of: Scenario, policy: Policy, seed = 1): RunResult =>
  runPool(planPool(of, policy), drawsOf(seed, 0));

/** Runs of one seed, which meet the same arrivals and reclaims whatever the policy. */
export function runMany(of: Scenario, policy: Policy, runs: number): readonly RunResult[] {
  const plan = planPool(of, policy);
  return Array.from({ length: runs }, (_, repetition) => runPool(plan, drawsOf(1, repetition)));
}
