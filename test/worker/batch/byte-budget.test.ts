import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ByteBudget } from '../../../worker/batch/byte-budget.js';
import { settle } from '../support/fake-clock.js';

it('never exceeds the budget, except for a single request that is too large, and everyone gets a turn', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 150 }), { maxLength: 30 }), async (sizes) => {
      const budget = new ByteBudget(100);
      const { signal } = new AbortController();
      let used = 0;
      let holders = 0;
      const turns = sizes.map(async (bytes) => {
        const giveBack = await budget.take(bytes, signal);
        used += bytes;
        holders += 1;
        expect(used <= 100 || holders === 1).toBe(true);
        await Promise.resolve();
        used -= bytes;
        holders -= 1;
        giveBack();
        giveBack(); // the second call changes nothing
      });
      await Promise.all(turns);
    }),
    { numRuns: 50 },
  );
});

it('lets the next waiter pass when one gives up', async () => {
  const budget = new ByteBudget(100);
  const { signal } = new AbortController();
  const giveUp = new AbortController();
  await budget.take(60, signal);
  const large = budget.take(80, giveUp.signal);
  const small = budget.take(40, signal);
  giveUp.abort(new Error('stopped'));
  await expect(large).rejects.toThrow('stopped');
  await settle();
  await small;
});
