import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resultsPrefix } from '../../core/keys.js';
import { eventually } from '../support/eventually.js';
import { Gate } from '../support/gate.js';
import { Lab } from '../support/lab.js';
import { modelPath } from './models.js';

/**
 * The example of the parallel-inference literature: ten instances, five ready at t=1 and five at t=3, batches of one time unit.
 * Used as they arrive, they have done 20 batches by the end of t=4's step; waiting for all ten would have done 10. Time is
 * virtual: a batch is done when the test moves the clock on, and the test moves it when every ready instance is at work.
 */
describe('ten instances, five of them late', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await Lab.start({ leaseSeconds: 20, maxWorkers: 10, cloud: ['--capacity', '5'] });
  });
  afterAll(() => lab.close());

  it(
    'are used as they arrive: 20 batches in the time in which waiting for all would have done 10',
    { timeout: 120_000 },
    async () => {
      const gate = await Gate.make(lab.directory, 'gate');
      const dataset = await lab.file('items.jsonl', Array.from({ length: 40 }, (_, index) => `${index}\n`).join(''));
      const job = await lab.submit([dataset, '--model', modelPath('ticking'), '--env', gate.env, '--batch-size', '1']);
      const outcomes = async (): Promise<number> => {
        let count = 0;
        for await (const _ of lab.store.list(resultsPrefix(job), { signal: new AbortController().signal })) count++;
        return count;
      };

      await gate.setTick(2); // t=1 has ended: five instances are ready, the others are still to come
      await lab.setTarget(10);
      let atWork = 5;
      let done = 0;
      for (const step of [2, 3, 4]) {
        if (step === 4) {
          await lab.admin('POST', 'market', { capacity: 10 }); // t=3 has ended: the other five are ready
          atWork = 10;
        }
        expect(await gate.waitForStarted(atWork, `${step}-`)).toHaveLength(atWork);
        await gate.setTick(step + 1); // the end of this step
        done += atWork;
        await eventually(async () => (await outcomes()) === done, { what: `${done} outcomes after step ${step}` });
      }
      expect(done).toBe(20);
    },
  );
});
