import { describe, expect, it } from 'vitest';
import { idealOf } from '../../../core/forecast/forecast.js';
import { scenarioOf } from '../../../core/forecast/from-record.js';
import { SPOTPOOL } from '../../../core/forecast/policies.js';
import { quantileOf, samplerOf } from '../../../core/forecast/times.js';
import { smallRecord } from '../../support/job-records.js';
import { runMany } from './scenarios.js';

describe('the scenario of a record', () => {
  const record = smallRecord();
  const scenario = scenarioOf(record);
  if (scenario === undefined) throw new Error('the record has times of items');
  const { work, pool } = scenario;

  it('has the items, the batches and the model times that were measured', () => {
    expect(work).toMatchObject({ items: 7_236, batchItems: 64, maxWorkers: 6 });
    expect(work.itemsOfATime).toBeCloseTo(7_236 / 114, 9);
    expect(quantileOf(work.loadTimes)(0.5)).toBeCloseTo(1_380, 6);
    expect(quantileOf(pool.environmentTimes)(0.5)).toBeCloseTo(580, 6);
    expect(SPOTPOOL.cut(scenario)).toHaveLength(114);
  });

  it('has the spread of the measured times of items, and the mean with which the instances worked', () => {
    const at = quantileOf(work.itemTimes);
    expect(at(0.9) / at(0.5)).toBeCloseTo(24.1 / 11.4, 6);
    const spans = record.pool.instances.flatMap(({ phases }) => phases.filter(({ phase }) => phase === 'work'));
    const workMs = spans.reduce((sum, { fromAt, toAt }) => sum + Date.parse(toAt) - Date.parse(fromAt), 0);
    expect(samplerOf(work.itemTimes).meanMs).toBeCloseTo(workMs / 7_236, 6);
  });

  it('has the measured times as they are when the instances worked for other jobs, too', () => {
    const shared = scenarioOf({ ...record, cost: { ...record.cost, sharedWith: ['other'] } });
    if (shared === undefined) throw new Error('the record has times of items');
    expect(quantileOf(shared.work.itemTimes)(0.5)).toBeCloseTo(11.4, 6);
    expect(quantileOf(shared.work.itemTimes)(0.9)).toBeCloseTo(24.1, 6);
  });

  it('has the pool as it was: its size, arrivals, boots, reclaims and price', () => {
    expect(pool).toMatchObject({ maxInstances: 6, slots: 1 });
    // The instances that replaced the lost ones came later, and are no arrivals.
    expect(quantileOf(pool.arrivalTimes)(0)).toBeCloseTo(1_000, 6);
    expect(quantileOf(pool.arrivalTimes)(1)).toBeCloseTo(7_000, 6);
    expect(quantileOf(pool.bootTimes)(0.5)).toBeCloseTo(2_000, 6);
    const hours = record.cost.instanceSeconds / 3_600;
    expect(pool.reclaims.perInstanceHour).toBeCloseTo(2 / hours, 9);
    expect(pool.reclaims.withoutNotice).toBe(0.5);
    expect(pool.dollarsPerHour).toBeCloseTo((record.cost.spotDollars ?? 0) / hours, 9);
  });

  it('takes about the time of the job when it is forecast again', () => {
    const runs = runMany(scenario, SPOTPOOL, 40).map(({ timeMs }) => timeMs / 1_000);
    const median = [...runs].sort((a, b) => a - b)[20] ?? 0;
    expect(median).toBeGreaterThan(record.how.seconds * 0.6);
    expect(median).toBeLessThan(record.how.seconds * 1.6);
    expect(median).toBeGreaterThan(idealOf(scenario).timeMs / 1_000);
  });

  it('is absent when no item was measured', () => {
    const { item: _, ...pace } = record.pace;
    expect(scenarioOf({ ...record, pace })).toBeUndefined();
  });

  it('cuts batches by the pace only when the job did', () => {
    const guided = (largestItems: number) =>
      scenarioOf({
        ...record,
        what: { ...record.what, batchSizes: { kind: 'guided', largestItems, smallestItems: 1 } },
      });
    // Without a pace, 7,236 items are cut into batches of 57 at most.
    expect(guided(57)?.work.hasPace).toBe(false);
    expect(guided(904)?.work.hasPace).toBe(true);
  });
});
