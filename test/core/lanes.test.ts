import { describe, expect, it } from 'vitest';
import { Lanes } from '../../core/lanes.js';

describe('Lanes', () => {
  it('runs at most so many calls at once, in the order in which they came, and frees the lane of a failed one', async () => {
    const lanes = new Lanes(2);
    const started: number[] = [];
    const ends: ((error?: Error) => void)[] = [];
    const calls = [0, 1, 2, 3].map((number) =>
      lanes.run(async () => {
        started.push(number);
        await new Promise<void>((resolve, reject) => ends.push((error) => (error ? reject(error) : resolve())));
        return number;
      }),
    );
    const settled = Promise.allSettled(calls);
    await Promise.resolve();
    expect(started).toEqual([0, 1]);
    ends[1]?.(new Error('failed'));
    await expect(calls[1]).rejects.toThrow('failed');
    await new Promise((resolve) => setImmediate(resolve));
    expect(started).toEqual([0, 1, 2]);
    ends[0]?.();
    await new Promise((resolve) => setImmediate(resolve));
    expect(started).toEqual([0, 1, 2, 3]);
    for (const end of ends) end();
    expect((await settled).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  });
});
