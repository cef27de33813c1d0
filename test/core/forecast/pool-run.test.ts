import { describe, expect, it } from 'vitest';
import {
  FIXED_POOL,
  ONE_INSTANCE_A_BATCH,
  POLICIES,
  SPOTPOOL,
  STATELESS_TASKS,
  TARGET_TRACKING,
} from '../../../core/forecast/policies.js';
import type { Policy } from '../../../core/forecast/policy.js';
import type { Times } from '../../../core/forecast/times.js';
import {
  BOOT_MS,
  constant,
  ENVIRONMENT_MS,
  ITEM_MS,
  LOAD_MS,
  runMany,
  runOnce,
  scenario,
  START_MS,
} from './scenarios.js';

describe('one instance', () => {
  const alone = scenario({ pool: { maxInstances: 1 } });
  const computing = 240 * ITEM_MS;

  it('takes its start, one load of the model, and the time of all items', () => {
    expect(runOnce(alone, SPOTPOOL).timeMs).toBe(START_MS + computing);
    expect(runOnce(alone, FIXED_POOL).timeMs).toBe(START_MS + computing);
    expect(runOnce(alone, ONE_INSTANCE_A_BATCH).timeMs).toBe(START_MS + computing);
  });

  it('loads the model for each of its batches when tasks are stateless', () => {
    expect(runOnce(alone, STATELESS_TASKS).timeMs).toBe(BOOT_MS + ENVIRONMENT_MS + 24 * LOAD_MS + computing);
  });

  it('is paid from its launch until a pass after the last outcome has let it go', () => {
    const { instanceMs, timeMs, startingShare, idleShare } = runOnce(alone, SPOTPOOL);
    expect(instanceMs).toBeGreaterThan(timeMs);
    expect(instanceMs).toBeLessThanOrEqual(timeMs + 2_000 + 1_000);
    expect(startingShare).toBeCloseTo(START_MS / instanceMs, 9);
    expect(startingShare + idleShare + computing / instanceMs).toBeCloseTo(1, 9);
  });

  it('costs its hours at the price, and nothing is said of cost when no price is known', () => {
    const priced = scenario({ pool: { maxInstances: 1, dollarsPerHour: 0.36 } });
    const { instanceMs, dollars } = runOnce(priced, SPOTPOOL);
    expect(dollars).toBeCloseTo((instanceMs / 3_600_000) * 0.36, 9);
    expect(runOnce(alone, SPOTPOOL)).not.toHaveProperty('dollars');
  });
});

describe('instances that all come at once', () => {
  it('share the batches evenly', () => {
    for (const policy of [SPOTPOOL, FIXED_POOL, ONE_INSTANCE_A_BATCH]) {
      expect(runOnce(scenario(), policy).timeMs).toBe(START_MS + 60 * ITEM_MS);
    }
  });

  it('compute with all their slots', () => {
    expect(runOnce(scenario({ pool: { slots: 3 } }), SPOTPOOL).timeMs).toBe(START_MS + 20 * ITEM_MS);
  });

  it('are no more than there is work for (R7)', () => {
    const few = scenario({ work: { items: 20 }, pool: { maxInstances: 50 } });
    expect(runOnce(few, SPOTPOOL).launchesMs).toHaveLength(2);
    expect(runOnce(few, FIXED_POOL).launchesMs).toHaveLength(50);
  });

  it('lose nothing when none is reclaimed', () => {
    for (const policy of POLICIES) {
      const { lostMs, reclaims, doneMs } = runOnce(scenario(), policy);
      expect([lostMs, reclaims]).toEqual([0, 0]);
      expect(doneMs).toEqual([...doneMs].sort((a, b) => a - b));
    }
  });
});

describe('ten instances, five of which come late (the published example)', () => {
  const late = scenario({
    work: { items: 40, batchItems: 1, loadTimes: constant(0) },
    pool: {
      maxInstances: 10,
      firstArrivalsMs: [1, 1, 1, 1, 1, 3, 3, 3, 3, 3].map((units) => units * ITEM_MS),
      bootTimes: constant(0),
      environmentTimes: constant(0),
    },
  });
  const doneBy = (policy: Policy, atMs: number): number =>
    runOnce(late, policy).doneMs.filter((doneMs) => doneMs <= atMs).length;

  it('have done 20 batches after four time units, when they start as they arrive', () => {
    expect(doneBy(SPOTPOOL, 4 * ITEM_MS)).toBe(20);
  });

  it('have done 10 by then when they wait for each other', () => {
    expect(doneBy({ ...SPOTPOOL, beginsWith: 10 }, 4 * ITEM_MS)).toBe(10);
  });
});

describe('instances leave', () => {
  it('as the work runs out (R6), and not before they are idle', () => {
    // Seven batches on four instances: three instances have two batches each, and one has a single batch.
    const { endsMs, launchesMs } = runOnce(scenario({ work: { items: 70 } }), SPOTPOOL);
    const lives = endsMs.map((atMs, instance) => atMs - (launchesMs[instance] ?? 0)).sort((a, b) => a - b);
    expect(lives[0]).toBeGreaterThanOrEqual(START_MS + 10 * ITEM_MS);
    expect(lives[0]).toBeLessThanOrEqual(START_MS + 10 * ITEM_MS + 3_000);
    expect(lives[1]).toBeGreaterThanOrEqual(START_MS + 20 * ITEM_MS);
  });

  it('only at the end in a fixed pool', () => {
    const { endsMs, timeMs } = runOnce(scenario({ work: { items: 70 } }), FIXED_POOL);
    for (const atMs of endsMs) expect(atMs).toBeGreaterThanOrEqual(timeMs);
  });

  it('with their batch when each has one', () => {
    const { endsMs, launchesMs } = runOnce(scenario(), ONE_INSTANCE_A_BATCH);
    expect(launchesMs).toHaveLength(4);
    for (const atMs of endsMs) expect(atMs).toBe(START_MS + 60 * ITEM_MS);
  });

  it('one in 300 s with target tracking, which brings them so slowly, too', () => {
    const long = scenario({ work: { items: 8_000 } });
    const { launchesMs, endsMs, timeMs } = runOnce(long, TARGET_TRACKING);
    expect(launchesMs).toEqual([0, 300_000, 600_000, 900_000]);
    const late = endsMs.filter((atMs) => atMs > timeMs).sort((a, b) => a - b);
    expect(late.length).toBeGreaterThan(1);
    // The first may leave with the next pass, the second with the one after it, and so on.
    expect(late.at(-1)).toBeGreaterThan(timeMs + (late.length - 2) * 300_000);
  });
});

describe('times that are means of several items', () => {
  it('vary as much in a batch of so many items as the means do, and less in a larger batch', () => {
    const times: Times = { kind: 'uniform', leastMs: 0, mostMs: 2 * ITEM_MS };
    const spreadOf = (items: number, itemsOfATime: number): number => {
      const work = { items, batchItems: items, itemTimes: times, itemsOfATime };
      const all = runMany(scenario({ work, pool: { maxInstances: 1 } }), SPOTPOOL, 200);
      const perItem = all.map(({ timeMs }) => (timeMs - START_MS) / items);
      return Math.max(...perItem) - Math.min(...perItem);
    };
    expect(spreadOf(10, 10)).toBeGreaterThan(1.8 * ITEM_MS);
    expect(spreadOf(1_000, 10)).toBeLessThan(0.6 * ITEM_MS);
  });
});

describe('reclaims', () => {
  const often = (more: object = {}) => ({ perInstanceHour: 6, noticeMs: 120_000, withoutNotice: 0, ...more });

  it('are replaced, and every batch is done once', () => {
    for (const policy of POLICIES) {
      const { doneMs, reclaims, launchesMs } = runOnce(
        scenario({ work: { items: 4_800 }, pool: { reclaims: often() } }),
        policy,
      );
      expect(doneMs.length).toBe(policy.cut(scenario({ work: { items: 4_800 } })).length);
      expect(reclaims).toBeGreaterThan(0);
      expect(launchesMs.length).toBeGreaterThan(reclaims);
    }
  });

  it('with a notice lose no finished item, because a worker finishes its batch or saves its items (R3)', () => {
    const runs = runMany(scenario({ work: { items: 4_800 }, pool: { reclaims: often() } }), SPOTPOOL, 20);
    expect(runs.reduce((sum, { reclaims }) => sum + reclaims, 0)).toBeGreaterThan(20);
    for (const { lostMs, reclaims } of runs) expect(lostMs).toBeLessThanOrEqual(reclaims * ITEM_MS);
    expect(runs.filter(({ lostMs }) => lostMs === 0).length).toBeGreaterThan(10);
  });

  it('without a notice lose at most about a minute of work each, because finished items are saved', () => {
    const long = scenario({ work: { items: 9_600, batchItems: 600 }, pool: { reclaims: often({ withoutNotice: 1 }) } });
    for (const { lostMs, reclaims } of runMany(long, SPOTPOOL, 20)) {
      expect(lostMs).toBeLessThanOrEqual(reclaims * (60_000 + ITEM_MS));
    }
    const lostBy = (policy: Policy): number => runMany(long, policy, 20).reduce((sum, { lostMs }) => sum + lostMs, 0);
    expect(lostBy(STATELESS_TASKS)).toBeGreaterThan(2 * lostBy(SPOTPOOL));
  });

  it('within the first hour cost nothing', () => {
    const price = { dollarsPerHour: 1, reclaims: often() };
    const { dollars = 0, instanceMs, reclaims } = runOnce(scenario({ work: { items: 4_800 }, pool: price }), SPOTPOOL);
    expect(reclaims).toBeGreaterThan(0);
    expect(dollars).toBeLessThan(instanceMs / 3_600_000);
  });

  it('that are more frequent than batches let a job never end, and the run says so', () => {
    const hopeless = scenario({
      work: { items: 4, batchItems: 1, itemTimes: constant(3_600_000) },
      pool: { reclaims: { perInstanceHour: 60, noticeMs: 0, withoutNotice: 1 } },
    });
    expect(runOnce(hopeless, SPOTPOOL)).toMatchObject({ timeMs: Infinity, instanceMs: Infinity });
  });
});
