import { expect, test } from 'vitest';
import { seededFraction, seededRandom } from '../../../local/market/random.js';

const draws = (seed: number, stream: string, count = 5): readonly number[] => {
  const random = seededRandom(seed, stream);
  return Array.from({ length: count }, random);
};

test('the same seed and stream draw the same numbers', () => {
  expect(draws(7, 'arrivals')).toEqual(draws(7, 'arrivals'));
});

test('another seed, or another stream, draws other numbers', () => {
  expect(draws(8, 'arrivals')).not.toEqual(draws(7, 'arrivals'));
  expect(draws(7, 'victims')).not.toEqual(draws(7, 'arrivals'));
});

test('numbers are spread evenly over [0, 1)', () => {
  const buckets = new Array<number>(10).fill(0);
  for (const draw of draws(1, 'spread', 10_000)) buckets[Math.floor(draw * 10)]! += 1;
  for (const count of buckets) expect(Math.abs(count - 1000)).toBeLessThan(150);
});

test('the number of a text does not depend on the order of calls', () => {
  const first = seededFraction(3, 'price/c7g.large');
  seededFraction(3, 'something else');
  expect(seededFraction(3, 'price/c7g.large')).toBe(first);
  expect(seededFraction(4, 'price/c7g.large')).not.toBe(first);
});
