import { expect, test } from 'vitest';
import { seededRandom } from '../../../local/market/random.js';
import { chooseVictim, lifetimeMs } from '../../../local/market/reclaims.js';

test('instances live for the expected time on average', () => {
  const random = seededRandom(1, 'rate');
  const lives = Array.from({ length: 5_000 }, () => lifetimeMs(2, random()));
  const averageHours = lives.reduce((sum, life) => sum + life, 0) / lives.length / 3_600_000;
  expect(averageHours).toBeGreaterThan(0.47);
  expect(averageHours).toBeLessThan(0.53);
});

test('without a rate no instance is taken', () => {
  expect(lifetimeMs(0, 0.5)).toBe(Infinity);
});

test('every candidate can be the victim, and without candidates there is none', () => {
  const random = seededRandom(1, 'victims');
  const victims = new Set(Array.from({ length: 100 }, () => chooseVictim(['a', 'b', 'c'], random)));
  expect([...victims].sort()).toEqual(['a', 'b', 'c']);
  expect(chooseVictim([], random)).toBeUndefined();
});
