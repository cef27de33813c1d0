import { afterEach, beforeEach, describe, it } from 'vitest';
import { Lab } from '../../support/lab.js';
import { runJobUnder } from './job-under-faults.js';

describe('a job is complete and ends at 0 instances,', { timeout: 150_000 }, () => {
  let lab: Lab;
  beforeEach(async () => {
    lab = await Lab.start({ leaseSeconds: 2, maxIdleSeconds: 10, maxWorkers: 2 });
  });
  afterEach(() => lab.close());

  it('although messages arrive twice, receives return nothing, and counters and describe calls lag', async () => {
    await runJobUnder(lab, {
      imperfections: {
        sqs: { counterLagMs: 2_000, duplicateRate: 0.5, emptyReceiveRate: 0.4 },
        ec2: { describeLagMs: 1_500 },
      },
    });
  });
});
