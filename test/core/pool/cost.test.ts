import { describe, expect, it } from 'vitest';
import { costOf, type InstanceUse } from '../../../core/pool/cost.js';
import { onDemandDollarsPerHour } from '../../../core/pool/on-demand-prices.js';
import { addSample, paceOf, type PaceSample } from '../../../core/batch/pace.js';

const use: InstanceUse = {
  instance: 'i-1',
  instanceType: 'c7g.large',
  zone: 'us-east-1a',
  seconds: 1800,
  reclaimed: false,
  lifeSeconds: 1800,
};

describe('cost', () => {
  it('is the price of the seconds on Spot and on demand', () => {
    const cost = costOf([use], new Map([['c7g.large us-east-1a', 0.03]]));
    expect(cost).toMatchObject({ instanceSeconds: 1800, spotDollars: 0.015 });
    expect(cost.onDemandDollars).toBeCloseTo(0.03625);
  });

  it('is free on Spot when AWS took the instance within its first hour', () => {
    const prices = new Map([['c7g.large us-east-1a', 0.03]]);
    expect(costOf([{ ...use, reclaimed: true }], prices).spotDollars).toBe(0);
    expect(costOf([{ ...use, reclaimed: true, lifeSeconds: 4000 }], prices).spotDollars).toBe(0.015);
  });

  it('names the types without a price instead of counting them as free', () => {
    const cost = costOf([use, { ...use, instanceType: 'z99.large' }], new Map());
    expect(cost.spotDollars).toBeUndefined();
    expect(cost.onDemandDollars).toBeUndefined();
    expect(cost.withoutSpotPrice).toEqual(['c7g.large us-east-1a', 'z99.large us-east-1a']);
    expect(cost.withoutOnDemandPrice).toEqual(['z99.large']);
  });

  it('knows sizes by their family', () => {
    expect(onDemandDollarsPerHour('c5.9xlarge')).toBeCloseTo(1.53);
    expect(onDemandDollarsPerHour('t3.micro')).toBeCloseTo(0.0104);
    expect(onDemandDollarsPerHour('g4dn.xlarge')).toBe(0.526);
    expect(onDemandDollarsPerHour('p5.48xlarge')).toBe(55.04);
    expect(onDemandDollarsPerHour('p5e.48xlarge')).toBeUndefined();
    expect(onDemandDollarsPerHour('c5.metal')).toBeUndefined();
  });
});

describe('pace', () => {
  it('is measured in the window, and predicts when the rest will be done', () => {
    let samples: readonly PaceSample[] = [];
    for (let second = 0; second <= 100; second++) {
      const itemsDone = second < 60 ? 0 : (second - 60) * 10;
      samples = addSample(samples, { atMs: second * 1000, itemsDone }, 20_000);
    }
    expect(samples).toHaveLength(22);
    expect(paceOf(samples, 1000)).toEqual({ itemsPerSecond: 10, etaSeconds: 60 });
  });

  it('is undefined while it is not known', () => {
    expect(paceOf([], 10)).toEqual({});
    expect(paceOf([{ atMs: 0, itemsDone: 0 }], 10)).toEqual({});
    const stuck = [0, 1000].map((atMs) => ({ atMs, itemsDone: 3 }));
    expect(paceOf(stuck, 10)).toEqual({ itemsPerSecond: 0 });
  });
});
