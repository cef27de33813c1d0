import fc from 'fast-check';
import { expect, test } from 'vitest';
import { arrivalDelaysMs, bootMs } from '../../../local/market/arrivals.js';
import { seededRandom } from '../../../local/market/random.js';

test('the first instance comes immediately, the others one after another within the arrival time', () => {
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

test('each part of the arrival time brings one instance', () => {
  const delays = arrivalDelaysMs(11, 10_000, seededRandom(1, 'arrivals'));
  expect(delays.slice(1).map((delay) => Math.ceil(delay / 1000))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test('booting takes time, so an instance that fails at once cannot make its fleet spin', () => {
  const boot = { arriveOverMs: 0, launchDelay: 'none' } as const;
  expect(bootMs(boot, seededRandom(1, 'boots'))).toBeGreaterThan(100);
});

test('typical boots take half a minute, and with a long tail some take minutes', () => {
  const boots = (launchDelay: 'typical' | 'long-tail'): readonly number[] => {
    const random = seededRandom(1, 'boots');
    const all = Array.from({ length: 1_000 }, () => bootMs({ arriveOverMs: 0, launchDelay }, random) / 1_000);
    return all.sort((one, other) => one - other);
  };
  const typical = boots('typical');
  const mean = typical.reduce((sum, seconds) => sum + seconds, 0) / typical.length;
  expect(mean).toBeGreaterThan(24);
  expect(mean).toBeLessThan(27);
  expect(typical.at(-1)).toBeLessThan(100);
  expect(boots('long-tail').at(-20)).toBeGreaterThan(180);
});
