import { afterEach, beforeEach, describe, it } from 'vitest';
import { Lab } from '../../support/lab.js';
import { runJobUnder } from './job-under-faults.js';

/** Each claim: every item has exactly one result, no batch an attempt, and no instance runs at the end. */
describe('a job is whole, and ends at zero,', { timeout: 90_000 }, () => {
  let lab: Lab;
  beforeEach(async () => {
    lab = await Lab.start({ leaseSeconds: 2, maxIdleSeconds: 10, maxWorkers: 3 });
  });
  afterEach(() => lab.close());

  it('though services throttle, fail, are unavailable and slow', async () => {
    await runJobUnder(lab, {
      faults: [
        { service: 'sqs', fault: 'throttle', rate: 0.15 },
        { service: 'sqs', action: 'SendMessageBatch', fault: '500', times: 1 },
        { service: 'sqs', action: 'Receive*', fault: '503', rate: 0.15 },
        { service: 'sqs', action: 'Delete*', fault: '500', times: 2 },
        { service: 's3', fault: 'throttle', rate: 0.05 },
        { service: 's3', action: 'PutObject', fault: '500', rate: 0.1 },
        { service: 's3', action: 'GetObject', fault: '503', rate: 0.1 },
        { service: 's3', fault: 'slow', delayMs: [20, 200], rate: 0.2 },
        { service: 'ec2', action: 'ModifyFleet', fault: 'throttle', times: 2 },
        { service: 'ec2', action: 'Describe*', fault: '500', rate: 0.2 },
        { service: 'ec2', action: 'Describe*', fault: '503', rate: 0.2 },
      ],
    });
  });

  it('though connections are reset before and after the act', async () => {
    await runJobUnder(lab, {
      faults: [
        // An outcome whose put is repeated meets itself: 412 is success (R1).
        { service: 's3', action: 'PutObject', fault: 'reset-after', rate: 0.25 },
        { service: 's3', action: 'PutObject', fault: 'reset-before', rate: 0.1 },
        { service: 's3', action: '*Object', fault: 'reset-before', rate: 0.05 },
        // A batch of messages that is sent again is there twice.
        { service: 'sqs', action: 'SendMessageBatch', fault: 'reset-after', times: 1 },
        { service: 'sqs', action: 'SendMessageBatch', fault: 'reset-before', times: 1 },
        // Messages that nobody heard of are held until their lease ends.
        { service: 'sqs', action: 'ReceiveMessage', fault: 'reset-after', after: 1, times: 2 },
        { service: 'sqs', action: 'ReceiveMessage', fault: 'reset-before', times: 2 },
        { service: 'sqs', action: 'DeleteMessage*', fault: 'reset-after', rate: 0.3 },
        { service: 'sqs', action: 'DeleteMessage*', fault: 'reset-before', rate: 0.2 },
        { service: 'ec2', action: 'ModifyFleet', fault: 'reset-after', times: 1 },
        { service: 'ec2', action: 'ModifyFleet', fault: 'reset-before', times: 1 },
        { service: 'ec2', action: 'Describe*', fault: 'reset-before', rate: 0.2 },
      ],
    });
  });
});
