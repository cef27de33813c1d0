/** Forecasts what a job takes and costs: many runs of a simulated pool, of which it gives the distribution. */
import type { Policy } from './policy.js';
import { drawsOf, planPool, type PoolPlan } from './pool-plan.js';
import { runPool } from './pool-run.js';
import { meanOf, type Quantiles, quantilesOf } from './quantiles.js';
import type { RunResult } from './run-tally.js';
import { instancesThatMayCome, type Scenario } from './scenario.js';
import { samplerOf } from './times.js';

export interface Forecast {
  readonly policy: string;
  readonly batches: number;
  /** Runs that did not end within the bounds of the simulation. */
  readonly unfinished: number;
  readonly timeMs: Quantiles;
  readonly instanceHours: Quantiles;
  /** Absent when no price is known. */
  readonly dollars?: Quantiles;
  /** The mean shares of the paid time in which no slot computed. */
  readonly idleShare: number;
  readonly startingShare: number;
  readonly reclaims: number;
  readonly lostSeconds: number;
  readonly instances: InstancesOverTime;
}

/** The mean number of live instances, at equal steps from the submit on. */
export interface InstancesOverTime {
  readonly stepMs: number;
  readonly means: readonly number[];
}

const HOUR_MS = 3_600_000;
const STEPS = 60;

/** Runs a pool again and again. Whoever computes for seconds can do something else between two runs. */
export class PoolForecast {
  readonly #runs: RunResult[] = [];
  readonly #plan: PoolPlan;
  readonly #seed: number;

  constructor(scenario: Scenario, policy: Policy, seed: number, batchItems = policy.cut(scenario)) {
    this.#plan = planPool(scenario, policy, batchItems);
    this.#seed = seed;
  }

  runOnce(): void {
    this.#runs.push(runPool(this.#plan, drawsOf(this.#seed, this.#runs.length)));
  }

  result(): Forecast {
    const runs = this.#runs;
    const dollars = runs.flatMap((run) => run.dollars ?? []);
    return {
      policy: this.#plan.policy.name,
      batches: this.#plan.batchItems.length,
      unfinished: runs.filter(({ timeMs }) => timeMs === Infinity).length,
      timeMs: quantilesOf(runs.map(({ timeMs }) => timeMs)),
      instanceHours: quantilesOf(runs.map(({ instanceMs }) => instanceMs / HOUR_MS)),
      ...(dollars.length === 0 ? {} : { dollars: quantilesOf(dollars) }),
      idleShare: meanOf(runs.map(({ idleShare }) => idleShare)),
      startingShare: meanOf(runs.map(({ startingShare }) => startingShare)),
      reclaims: meanOf(runs.map(({ reclaims }) => reclaims)),
      lostSeconds: meanOf(runs.map(({ lostMs }) => lostMs / 1000)),
      instances: instancesOverTime(runs),
    };
  }
}

/**
 * No pool does better than this: all instances compute from the first moment on, and none of their time is wasted. An item is computed in one slot, so a
 * job takes no less time than an item.
 */
export interface Ideal {
  readonly timeMs: number;
  readonly instanceHours: number;
  readonly dollars?: number;
}

export function idealOf(scenario: Scenario): Ideal {
  const { work, pool } = scenario;
  const itemMs = samplerOf(work.itemTimes).meanMs;
  const instanceMs = (work.items * itemMs) / pool.slots;
  const instanceHours = instanceMs / HOUR_MS;
  return {
    timeMs: Math.max(itemMs, instanceMs / instancesThatMayCome(scenario)),
    instanceHours,
    ...(pool.dollarsPerHour === undefined ? {} : { dollars: instanceHours * pool.dollarsPerHour }),
  };
}

function instancesOverTime(runs: readonly RunResult[]): InstancesOverTime {
  const lastMs = Math.max(1, ...runs.map(({ endsMs }) => endsMs.reduce((last, at) => Math.max(last, at), 0)));
  const stepMs = lastMs / STEPS;
  const changes = new Float64Array(STEPS + 2);
  // An instance counts at the steps from its launch until before its end.
  const stepAt = (atMs: number): number => Math.min(STEPS + 1, Math.ceil(atMs / stepMs));
  const change = (atMs: number, by: number): void => {
    const step = stepAt(atMs);
    changes[step] = (changes[step] ?? 0) + by;
  };
  for (const { launchesMs, endsMs } of runs) {
    launchesMs.forEach((atMs, instance) => {
      change(atMs, 1);
      change(endsMs[instance] ?? lastMs, -1);
    });
  }
  let live = 0;
  const means = Array.from({ length: STEPS + 1 }, (_, step) => (live += changes[step] ?? 0) / runs.length);
  return { stepMs, means };
}
