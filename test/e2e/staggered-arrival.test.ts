import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Gate } from '../support/gate.js';
import { Lab } from '../support/lab.js';
import { doneAsTheyArrive } from '../support/staggered.js';
import { modelPath } from './models.js';

/**
 * The example of the parallel-inference literature: ten instances, five ready at t=1 and five at t=3, with batches of one time unit.
 * If they are used as they arrive, 20 batches are done by the end of t=4. Waiting for all ten gives only 10.
 */
describe('ten instances, five of them late', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await Lab.start({ leaseSeconds: 20, maxWorkers: 10, cloud: ['--capacity', '5'] });
  });
  afterAll(() => lab.close());

  it(
    'are used as they arrive: 20 batches are done in the time in which waiting for all would give 10',
    { timeout: 240_000 },
    async () => {
      const gate = await Gate.make(lab.directory, 'gate');
      const dataset = await lab.file('items.jsonl', Array.from({ length: 40 }, (_, index) => `${index}\n`).join(''));
      const job = await lab.submit([dataset, '--model', modelPath('ticking'), '--env', gate.env, '--batch-size', '1']);
      await gate.setTick(2); // t=1 has ended: five instances are ready, and five are still to come
      await lab.setTarget(10);
      const bringRest = async (): Promise<void> => void (await lab.admin('POST', 'market', { capacity: 10 }));
      expect(await doneAsTheyArrive(lab, { job, gate, early: 5, all: 10, bringRest })).toBe(20);
    },
  );
});
