import { expect, test } from 'vitest';
import { atOnce, inRounds, show, spreadOf } from '../../../bench/support/rounds.js';

test('subjects take turns in an order that alternates, and each has a sample a round', async () => {
  const order: string[] = [];
  const samples = await inRounds(['a', 'b'], 3, async (subject, round) => order.push(`${subject}${round}`));
  expect(order).toEqual(['a0', 'b0', 'b1', 'a1', 'a2', 'b2']);
  expect(samples.get('a')).toEqual([1, 4, 5]);
});

test('the median of an even number of samples is between the middle two', () => {
  expect(spreadOf([4, 1, 3, 2])).toEqual({ min: 1, median: 2.5, max: 4 });
  expect(spreadOf([5, 1, 3])).toEqual({ min: 1, median: 3, max: 5 });
  expect(show([1_234.56, 1_000, 2_000], 1)).toBe('1,234.6 (1,000.0 – 2,000.0)');
});

test('never more calls run at once than asked for, and each runs once', async () => {
  let running = 0;
  let most = 0;
  const called: number[] = [];
  await atOnce(10, 3, async (n) => {
    running += 1;
    most = Math.max(most, running);
    called.push(n);
    await Promise.resolve();
    running -= 1;
  });
  expect(most).toBe(3);
  expect(called.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});
