import fc from 'fast-check';
import { expect, test } from 'vitest';
import { instanceTypes, ZONES } from '../../../local/market/instance-types.js';
import { SpotPrices } from '../../../local/market/prices.js';

const NOW_MS = Date.parse('2026-03-01T13:00:00Z');
const HOUR_MS = 3_600_000;
const pool = { instanceType: 'c7g.large', zone: 'us-east-1a' };

test('a Spot price is 30 to 45 % of the on-demand price, in every pool and at all times', () => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.constantFrom(...instanceTypes),
      fc.constantFrom(...ZONES),
      fc.nat(),
      (seed, type, zone, hours) => {
        const price = new SpotPrices(seed, 1).at({ instanceType: type.name, zone }, hours * HOUR_MS);
        expect(price / type.onDemandDollarsPerHour).toBeGreaterThanOrEqual(0.3);
        expect(price / type.onDemandDollarsPerHour).toBeLessThanOrEqual(0.45);
      },
    ),
  );
});

test('a price depends on the seed, the pool and the time, and on nothing else', () => {
  const price = new SpotPrices(1, 1).at(pool, NOW_MS);
  expect(new SpotPrices(1, 1).at(pool, NOW_MS)).toBe(price);
  expect(new SpotPrices(2, 1).at(pool, NOW_MS)).not.toBe(price);
  expect(new SpotPrices(1, 1).at({ ...pool, zone: 'us-east-1b' }, NOW_MS)).not.toBe(price);
  expect(new SpotPrices(1, 1).at(pool, NOW_MS - 24 * HOUR_MS)).not.toBe(price);
});

test('the history is newest first and includes the price that was valid at its start', () => {
  const prices = new SpotPrices(1, 1);
  const startMs = NOW_MS - 13 * HOUR_MS;
  const history = prices.history(pool, startMs, NOW_MS, NOW_MS);
  expect(history.map((point) => (NOW_MS - point.sinceMs) / HOUR_MS)).toEqual([1, 7, 13]);
  expect(prices.history(pool, startMs + 1, NOW_MS, NOW_MS)).toHaveLength(3);
  expect(history[0]?.dollarsPerHour).toBe(prices.at(pool, NOW_MS));
});

test('the history ends 90 days back, even for an earlier start', () => {
  const history = new SpotPrices(1, 1).history(pool, 0, NOW_MS, NOW_MS);
  expect((NOW_MS - (history.at(-1)?.sinceMs ?? 0)) / HOUR_MS).toBe(90 * 24 + 1);
});

test('prices change faster in a faster market', () => {
  expect(new SpotPrices(1, 60).history(pool, NOW_MS - HOUR_MS, NOW_MS, NOW_MS).length).toBeGreaterThan(9);
});
