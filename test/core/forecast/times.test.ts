import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawPoisson, randomStream } from '../../../core/forecast/random.js';
import { normalQuantile, quantileOf, samplerOf, type Times } from '../../../core/forecast/times.js';

const MANY = 40_000;

const HEAVY: Times = { kind: 'heavy', medianMs: 10, p90Ms: 60, longestMs: 10_000 };
const SPREAD: Times = { kind: 'spread', medianMs: 10, p90Ms: 30 };
const MEASURED: Times = {
  kind: 'measured',
  points: [
    { share: 0, ms: 4 },
    { share: 0.5, ms: 10 },
    { share: 0.9, ms: 25 },
    { share: 1, ms: 400 },
  ],
};
const UNIFORM: Times = { kind: 'uniform', leastMs: 5, mostMs: 15 };

describe('random numbers', () => {
  it('depend on the seed and the name of their stream, and on nothing else', () => {
    const first = (seed: number, name: string): readonly number[] => {
      const random = randomStream(seed, name);
      return [random(), random(), random()];
    };
    expect(first(1, 'work')).toEqual(first(1, 'work'));
    expect(first(1, 'work')).not.toEqual(first(2, 'work'));
    expect(first(1, 'work')).not.toEqual(first(1, 'loads'));
  });

  it('are spread evenly from 0 to 1', () => {
    const random = randomStream(7, 'even');
    const tenths = Array.from({ length: 10 }, () => 0);
    for (let n = 0; n < MANY; n += 1) {
      const tenth = Math.floor(random() * 10);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    for (const count of tenths) expect(Math.abs(count / MANY - 0.1)).toBeLessThan(0.006);
  });

  it.each([0.5, 8, 200])('of Poisson have the mean %d and the same variance', (mean) => {
    const random = randomStream(3, 'poisson');
    const drawn = Array.from({ length: MANY }, () => drawPoisson(mean, random));
    const average = drawn.reduce((sum, value) => sum + value, 0) / MANY;
    const variance = drawn.reduce((sum, value) => sum + (value - average) ** 2, 0) / MANY;
    expect(Math.abs(average / mean - 1)).toBeLessThan(0.03);
    expect(Math.abs(variance / mean - 1)).toBeLessThan(0.06);
  });
});

describe('the quantile of the normal distribution', () => {
  it.each([
    [0.5, 0],
    [0.9, 1.2815515655446004],
    [0.975, 1.959963984540054],
    [0.001, -3.090232306167813],
    [0.999999, 4.753424308822899],
  ])('of %d is %d', (share, value) => expect(normalQuantile(share)).toBeCloseTo(value, 6));
});

describe('times', () => {
  it.each([
    ['spread', SPREAD, 10, 30],
    ['heavy', HEAVY, 10, 60],
    ['measured', MEASURED, 10, 25],
    ['uniform', UNIFORM, 10, 14],
  ] as const)('%s have the median and the 90th percentile that were given', (_, times, median, p90) => {
    const at = quantileOf(times);
    expect(at(0.5)).toBeCloseTo(median, 6);
    expect(at(0.9)).toBeCloseTo(p90, 6);
  });

  it('never fall as the share rises, and stay within their bounds', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.constantFrom(HEAVY, SPREAD, MEASURED, UNIFORM), share, share, (times, a, b) => {
        const at = quantileOf(times);
        expect(at(Math.min(a, b))).toBeLessThanOrEqual(at(Math.max(a, b)) * (1 + 1e-12));
      }),
    );
    expect(quantileOf(HEAVY)(1)).toBe(10_000);
    expect(quantileOf(MEASURED)(0)).toBeCloseTo(4, 9);
  });

  it.each([
    ['spread', SPREAD],
    ['heavy', HEAVY],
    ['measured', MEASURED],
    ['uniform', UNIFORM],
  ] as const)('%s of many items together are as those of single items added up', (_, times) => {
    const { draw, drawSum, meanMs } = samplerOf(times);
    const random = randomStream(5, 'sums');
    const items = 500;
    const sums = (sum: () => number): readonly number[] => Array.from({ length: 400 }, sum).sort((a, b) => a - b);
    const oneByOne = sums(() => Array.from({ length: items }, () => draw(random)).reduce((a, b) => a + b, 0));
    const together = sums(() => drawSum(items, random));
    for (const at of [40, 200, 360]) expect((together[at] ?? 0) / (oneByOne[at] ?? 1)).toBeCloseTo(1, 1);
    const mean = together.reduce((a, b) => a + b, 0) / together.length / items;
    expect(Math.abs(mean / meanMs - 1)).toBeLessThan(0.05);
  });

  it('that are constant add up exactly', () => {
    const { drawSum, meanMs } = samplerOf({ kind: 'constant', ms: 20 });
    expect(drawSum(1_000, () => 0.5)).toBe(20_000);
    expect(meanMs).toBe(20);
  });
});
