/** Makes the scenario of `spotpool simulate pool` from its options, or from a job's record that options change. */
import { EXIT_MS, LEASE_MS, NOTICE_MS } from '../../core/forecast/from-record.js';
import type { ForecastPool, ForecastWork, Scenario } from '../../core/forecast/scenario.js';
import type { Times } from '../../core/forecast/times.js';
import { definedFields } from '../../core/defined-fields.js';
import { UserError } from '../errors.js';

/** The options that describe the job and the pool. Each is absent when it was not given. */
export interface GivenScenario {
  readonly items?: number;
  readonly itemTime?: Times;
  readonly load?: Times;
  readonly environment?: Times;
  readonly batchSize?: number;
  readonly instances?: number;
  readonly slots?: number;
  readonly arrival?: Times;
  readonly boot?: Times;
  readonly reclaims?: number;
  readonly noNotice?: number;
  readonly price?: number;
}

export const DEFAULT_INSTANCES = 16;
const NO_TIME: Times = { kind: 'constant', ms: 0 };
/** A round number. Nobody measured it: give your own. */
const DEFAULT_BOOT: Times = { kind: 'constant', ms: 60_000 };

/** `from` is the scenario of a job that was run. */
export function scenarioFrom(given: GivenScenario, from: Scenario | undefined): Scenario {
  const { work, pool } = from ?? blankScenario(given);
  return { work: workFrom(given, work), pool: poolFrom(given, pool) };
}

function workFrom(given: GivenScenario, work: ForecastWork): ForecastWork {
  const { itemsOfATime, maxWorkers, ...rest } = work;
  const changed = definedFields({
    items: given.items,
    itemTimes: given.itemTime,
    loadTimes: given.load,
    batchItems: given.batchSize,
  });
  return {
    ...rest,
    ...changed,
    // Given times are of single items, and a given number of instances counts more than what the job allowed then.
    ...(given.itemTime === undefined ? definedFields({ itemsOfATime }) : {}),
    ...(given.instances === undefined ? definedFields({ maxWorkers }) : {}),
  };
}

function poolFrom(given: GivenScenario, pool: ForecastPool): ForecastPool {
  const { reclaims, ...rest } = pool;
  const changed = definedFields({
    maxInstances: given.instances,
    slots: given.slots,
    arrivalTimes: given.arrival,
    bootTimes: given.boot,
    environmentTimes: given.environment,
    dollarsPerHour: given.price,
  });
  const changedReclaims = definedFields({ perInstanceHour: given.reclaims, withoutNotice: given.noNotice });
  return { ...rest, ...changed, reclaims: { ...reclaims, ...changedReclaims } };
}

function blankScenario({ items, itemTime }: GivenScenario): Scenario {
  if (items === undefined || itemTime === undefined) {
    throw new UserError(
      'A job has to be described: give --items and --item-time, such as --items 1000000 --item-time 20ms, or --from with the id of a job that was run.',
    );
  }
  return {
    work: { items, itemTimes: itemTime, loadTimes: NO_TIME, hasPace: true },
    pool: {
      maxInstances: DEFAULT_INSTANCES,
      slots: 1,
      arrivalTimes: NO_TIME,
      bootTimes: DEFAULT_BOOT,
      environmentTimes: NO_TIME,
      reclaims: { perInstanceHour: 0, noticeMs: NOTICE_MS, withoutNotice: 0 },
      leaseMs: LEASE_MS,
      exitMs: EXIT_MS,
    },
  };
}
