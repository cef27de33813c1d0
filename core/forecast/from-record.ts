/** Makes the scenario of a job that was run from its record, so that it can be forecast again, as it was or in another pool. */
import type { InstancePhase, JobRecord, Times as MeasuredTimes } from '../record/job-record.js';
import { LEASE_SECONDS } from '../batch/lease-length.js';
import { sizesOf } from '../dataset/guided-sizes.js';
import { definedFields } from '../defined-fields.js';
import type { ForecastPool, ForecastWork, Reclaims, Scenario } from './scenario.js';
import { samplerOf, type Times } from './times.js';

/** AWS gives two minutes' notice of an interruption. */
export const NOTICE_MS = 120_000;
export const LEASE_MS = LEASE_SECONDS * 1_000;
/** An idle worker reads the fleet's state between polls of a second. */
export const EXIT_MS = 1_000;
const HOUR_S = 3_600;
const NO_TIME: Times = { kind: 'constant', ms: 0 };
const ENVIRONMENT: readonly InstancePhase[] = ['fetch', 'environment', 'weights', 'setup'];

/** Returns undefined when the record has no times of items, because no batch is done. */
export function scenarioOf(record: JobRecord): Scenario | undefined {
  const { item } = record.pace;
  return item === undefined ? undefined : { work: workOf(record, item), pool: poolOf(record) };
}

function workOf(record: JobRecord, item: MeasuredTimes): ForecastWork {
  const { what, pace, outcomes } = record;
  const { dataset, batchSizes, options } = what;
  const isFixed = batchSizes?.kind === 'fixed';
  const load = pace.phases.find(({ phase }) => phase === 'load');
  return {
    items: dataset.items,
    itemTimes: scaled(measured(item), slownessOf(record, measured(item))),
    itemsOfATime: Math.max(1, outcomes.items.total / Math.max(1, outcomes.batches.total)),
    loadTimes: load === undefined ? NO_TIME : measured(load),
    itemBytes: dataset.bytes / Math.max(1, dataset.items),
    hasPace: batchSizes !== undefined && batchSizes.largestItems !== sizesOf(dataset.items, undefined).largest,
    ...definedFields({ maxWorkers: options.maxWorkers, batchItems: isFixed ? batchSizes.largestItems : undefined }),
  };
}

/**
 * Batches that share a slot's work wait for each other, so the times of their items count some time twice. The time in which instances worked does not.
 * Returns by how much the measured times have to be multiplied. Instances that worked for other jobs, too, tell nothing.
 */
function slownessOf({ pool, pace, cost, outcomes }: JobRecord, times: Times): number {
  const spans = pool.instances.flatMap(({ phases }) => phases.filter(({ phase }) => phase === 'work'));
  const workMs = spans.reduce((sum, { fromAt, toAt }) => sum + Date.parse(toAt) - Date.parse(fromAt), 0);
  const items = outcomes.items.ok + outcomes.items.failed;
  if (workMs <= 0 || items === 0 || cost.sharedWith.length > 0) return 1;
  return (workMs * (pace.shapes[0]?.slots ?? 1)) / items / samplerOf(times).meanMs;
}

function scaled(times: Times, factor: number): Times {
  if (times.kind === 'constant') return { kind: 'constant', ms: times.ms * factor };
  if (times.kind !== 'measured') return times;
  return { kind: 'measured', points: times.points.map(({ share, ms }) => ({ share, ms: ms * factor })) };
}

function poolOf(record: JobRecord): ForecastPool {
  const { pool, pace, cost, what } = record;
  const { instanceSeconds, spotDollars } = cost;
  const createdAtMs = Date.parse(what.createdAt);
  const targets = pool.fleet.map(({ target }) => target);
  const maxInstances = Math.max(1, ...targets);
  const launchesMs = pool.instances
    .flatMap(({ launchedAt }) => (launchedAt === undefined ? [] : Math.max(0, Date.parse(launchedAt) - createdAtMs)))
    .sort((a, b) => a - b)
    // Later instances took the place of lost ones.
    .slice(0, maxInstances);
  const bootsMs = pool.instances.flatMap(({ launchedAt, startedAt }) =>
    launchedAt === undefined || startedAt === undefined
      ? []
      : Math.max(0, Date.parse(startedAt) - Date.parse(launchedAt)),
  );
  return {
    maxInstances,
    slots: pace.shapes[0]?.slots ?? 1,
    arrivalTimes: sampled(launchesMs),
    bootTimes: sampled(bootsMs),
    environmentTimes: environmentOf(pace.phases),
    reclaims: reclaimsOf(record),
    leaseMs: LEASE_MS,
    exitMs: EXIT_MS,
    ...(spotDollars === undefined || instanceSeconds === 0
      ? {}
      : { dollarsPerHour: (spotDollars * HOUR_S) / instanceSeconds }),
  };
}

function reclaimsOf({ pool, cost }: JobRecord): Reclaims {
  const { withNotice, withoutNotice } = pool.reclaims;
  const all = withNotice + withoutNotice;
  return {
    perInstanceHour: cost.instanceSeconds === 0 ? 0 : (all * HOUR_S) / cost.instanceSeconds,
    noticeMs: NOTICE_MS,
    withoutNotice: all === 0 ? 0 : withoutNotice / all,
  };
}

/** The steps come one after another, so their points add up. */
function environmentOf(phases: JobRecord['pace']['phases']): Times {
  const steps = phases.filter(({ phase }) => ENVIRONMENT.includes(phase));
  if (steps.length === 0) return NO_TIME;
  const sumOf = (point: (times: MeasuredTimes) => number): number =>
    steps.reduce((sum, times) => sum + point(times), 0);
  return measured({
    count: Math.min(...steps.map(({ count }) => count)),
    medianMs: sumOf(({ medianMs }) => medianMs),
    p90Ms: sumOf(({ p90Ms }) => p90Ms),
    longestMs: sumOf(({ longestMs }) => longestMs),
  });
}

/** The tail is given at these shares, at which it is the longer the fewer are left. */
const TAIL_SHARES = [0.95, 0.98, 0.99, 0.995, 0.998, 0.999];
const TENTH = 0.1;

/**
 * A record has no points below the median. The shortest time is as far below it as the ninth tenth is above. Beyond the ninth tenth the times are of a
 * Pareto distribution, of which the longest time is one of `count`.
 */
function measured({ count, medianMs, p90Ms, longestMs }: MeasuredTimes): Times {
  if (count < 2 || medianMs <= 0) return { kind: 'constant', ms: medianMs };
  const tenthMs = Math.max(medianMs, p90Ms);
  const mostMs = Math.max(tenthMs, longestMs);
  const exponent = Math.log(mostMs / tenthMs) / Math.log(Math.max(2, TENTH * count));
  const tailAt = (share: number): number => Math.min(mostMs, tenthMs * (TENTH / (1 - share)) ** exponent);
  return {
    kind: 'measured',
    points: [
      { share: 0, ms: medianMs ** 2 / tenthMs },
      { share: 0.5, ms: medianMs },
      { share: 0.9, ms: tenthMs },
      ...TAIL_SHARES.map((share) => ({ share, ms: tailAt(share) })),
      { share: 1, ms: mostMs },
    ],
  };
}

const MOST_POINTS = 50;

/** The measured times themselves, or as many points of them as are kept. */
function sampled(timesMs: readonly number[]): Times {
  const sorted = [...timesMs].sort((a, b) => a - b);
  const last = sorted.length - 1;
  if (last < 1) return { kind: 'constant', ms: sorted[0] ?? 0 };
  const steps = Math.min(last, MOST_POINTS);
  const points = Array.from({ length: steps + 1 }, (_, step) => {
    const share = step / steps;
    return { share, ms: sorted[Math.round(share * last)] ?? 0 };
  });
  return { kind: 'measured', points };
}
