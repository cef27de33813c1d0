import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mostLosses } from '../../core/batch/isolation.js';
import { eventually } from '../support/eventually.js';
import { Lab } from '../support/lab.js';
import { modelPath } from '../e2e/models.js';

describe('an item that kills its worker', () => {
  let lab: Lab;
  beforeEach(async () => {
    lab = await Lab.start({ leaseSeconds: 1, maxWorkers: 1 });
  });
  afterEach(() => lab.close());

  it(
    'is given up alone, after a bounded number of instances, and the other items are computed (R4)',
    { timeout: 150_000 },
    async () => {
      const dataset = await lab.file('ten.jsonl', Array.from({ length: 10 }, (_, item) => `${item}\n`).join(''));
      const job = await lab.submit([dataset, '--model', modelPath('worker-killer'), '--batch-size', '10', '--no-try']);
      await lab.setTarget(1);
      await eventually(async () => (await lab.status(job)).batches.done === 1, { timeoutMs: 120_000 });
      const results = await lab.results(job);
      expect(results.filter(({ ok }) => ok !== true)).toEqual([
        { index: 3, ok: false, error: { code: 'WorkerLost', message: expect.stringContaining('given up') as string } },
      ]);
      expect(results.filter(({ ok }) => ok === true).map(({ output }) => output)).toEqual([
        0, 2, 4, 8, 10, 12, 14, 16, 18,
      ]);
      expect((await lab.status(job)).batches).toEqual({ total: 1, done: 1, failed: 0 });
      // The last instance is the one that computed the rest.
      expect((await lab.instances()).length).toBeLessThanOrEqual(mostLosses(10, 1) + 1);
    },
  );
});
