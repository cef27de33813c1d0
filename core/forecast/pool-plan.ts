/** Prepares what all runs of a scenario under one policy share, and the random numbers that each of them draws. */
import { poolName } from '../pool/cost.js';
import type { Policy } from './policy.js';
import { randomStream, type RandomSource } from './random.js';
import { instancesThatMayCome, type Scenario } from './scenario.js';
import { samplerOf, type TimeSampler } from './times.js';

export interface PoolPlan {
  readonly scenario: Scenario;
  readonly policy: Policy;
  readonly batchItems: readonly number[];
  readonly item: TimeSampler;
  readonly load: TimeSampler;
  readonly arrival: TimeSampler;
  readonly boot: TimeSampler;
  readonly environment: TimeSampler;
  readonly maxInstances: number;
  readonly meanBatchMs: number;
  /** By `poolName`; undefined when no price is known. */
  readonly prices: ReadonlyMap<string, number> | undefined;
}

/** All instances of a forecast are of one pool. */
export const FORECAST_POOL = { instanceType: 'any', zone: 'any' } as const;

/** `batchItems` is what the policy cuts, for whoever has cut it already: a large dataset takes seconds. */
export function planPool(scenario: Scenario, policy: Policy, batchItems = policy.cut(scenario)): PoolPlan {
  const { work, pool } = scenario;
  const item = samplerOf(work.itemTimes);
  const { dollarsPerHour } = pool;
  return {
    scenario,
    policy,
    batchItems,
    item,
    load: samplerOf(work.loadTimes),
    arrival: samplerOf(pool.arrivalTimes),
    boot: samplerOf(pool.bootTimes),
    environment: samplerOf(pool.environmentTimes),
    maxInstances: instancesThatMayCome(scenario),
    meanBatchMs: (item.meanMs * work.items) / Math.max(1, batchItems.length),
    prices: dollarsPerHour === undefined ? undefined : new Map([[poolName(FORECAST_POOL), dollarsPerHour]]),
  };
}

/** The streams of one run. The same seed and number give the same work, arrivals and reclaims to every policy. */
export interface RunDraws {
  readonly work: RandomSource;
  readonly loads: RandomSource;
  readonly arrivals: RandomSource;
  readonly starts: RandomSource;
  readonly reclaims: RandomSource;
}

export function drawsOf(seed: number, repetition: number): RunDraws {
  const stream = (name: string): RandomSource => randomStream(seed, `${repetition}/${name}`);
  return {
    work: stream('work'),
    loads: stream('loads'),
    arrivals: stream('arrivals'),
    starts: stream('starts'),
    reclaims: stream('reclaims'),
  };
}
