import fc from 'fast-check';
import { expect, test } from 'vitest';
import { arrivalDelaysMs, bootMs } from '../../../local/market/arrivals.js';
import { seededRandom } from '../../../local/market/random.js';

test('the first comes at once, the others one after another until the time is over', () => {
  fc.assert(
    fc.property(fc.nat({ max: 50 }), fc.nat({ max: 100_000 }), fc.nat(), (count, arriveOverMs, seed) => {
      const delays = arrivalDelaysMs(count, arriveOverMs, seededRandom(seed, 'arrivals'));
      expect(delays).toHaveLength(count);
      if (count > 0) expect(delays[0]).toBe(0);
      for (const [index, delay] of delays.entries()) {
        expect(delay).toBeGreaterThanOrEqual(delays[index - 1] ?? 0);
        expect(delay).toBeLessThanOrEqual(arriveOverMs);
      }
    }),
  );
});

test('each stretch of the time brings one instance', () => {
  const delays = arrivalDelaysMs(11, 10_000, seededRandom(1, 'arrivals'));
  expect(delays.slice(1).map((delay) => Math.ceil(delay / 1000))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test('an instance that fails at once cannot make its fleet spin: booting takes time', () => {
  expect(bootMs(0)).toBeGreaterThan(100);
});
