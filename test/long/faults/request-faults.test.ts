import { afterEach, beforeEach, describe, it } from 'vitest';
import type { FaultRule } from '../../../local/faults/request-faults.js';
import { Lab } from '../../support/lab.js';
import { runJobUnder } from './job-under-faults.js';

/** Outcomes among them: a put that is repeated meets itself, and its 412 is success (R1). Never five in a row: the SDK gives up then. */
const everyThirdPutIsLost = Array.from({ length: 20 }, (_, index): FaultRule => ({
  service: 's3',
  action: 'PutObject',
  fault: 'reset-after',
  after: index * 2 + 1,
  times: 1,
}));

/** Each claim: every item has exactly one result, no batch an attempt, and no instance runs at the end. */
describe('a job is whole, and ends at zero,', { timeout: 150_000 }, () => {
  let lab: Lab;
  beforeEach(async () => {
    lab = await Lab.start({ leaseSeconds: 2, maxIdleSeconds: 10, maxWorkers: 2 });
  });
  afterEach(() => lab.close());

  it('though services throttle, fail, are unavailable and slow', async () => {
    await runJobUnder(lab, {
      faults: [
        { service: 'sqs', action: 'SendMessageBatch', fault: 'throttle', times: 1 },
        { service: 'sqs', action: 'SendMessageBatch', fault: '500', times: 1 },
        // More than the SDK itself tries again.
        { service: 'sqs', action: 'ReceiveMessage', fault: '503', times: 8 },
        { service: 'sqs', action: 'DeleteMessage*', fault: '500', times: 4 },
        { service: 'sqs', action: 'GetQueueAttributes', fault: 'throttle', times: 2 },
        { service: 's3', action: 'PutObject', fault: 'throttle', times: 1, after: 3 },
        { service: 's3', action: 'PutObject', fault: '500', rate: 0.1 },
        { service: 's3', action: 'GetObject', fault: '503', times: 3, after: 2 },
        { service: 's3', fault: 'slow', delayMs: [20, 200], rate: 0.2 },
        { service: 'ec2', action: 'ModifyFleet', fault: 'throttle', times: 1 },
        { service: 'ec2', action: 'ModifyFleet', fault: '503', times: 1 },
        { service: 'ec2', action: 'Describe*', fault: '500', times: 4, after: 1 },
        { service: 'ec2', action: 'Describe*', fault: '503', rate: 0.1 },
        { service: 'scheduler', fault: 'throttle', times: 1 },
        { service: 'scheduler', fault: '500', times: 1 },
      ],
    });
  });

  it('though connections are reset before and after the act', async () => {
    await runJobUnder(lab, {
      faults: [
        ...everyThirdPutIsLost,
        { service: 's3', action: 'PutObject', fault: 'reset-before', times: 1 },
        { service: 's3', action: 'GetObject', fault: 'reset-before', times: 2 },
        // A batch of messages that is sent again is there twice.
        { service: 'sqs', action: 'SendMessageBatch', fault: 'reset-after', times: 1 },
        { service: 'sqs', action: 'SendMessageBatch', fault: 'reset-before', times: 1 },
        // Messages that nobody heard of are held until their lease ends.
        { service: 'sqs', action: 'ReceiveMessage', fault: 'reset-after', after: 1, times: 2 },
        { service: 'sqs', action: 'ReceiveMessage', fault: 'reset-before', times: 2 },
        { service: 'sqs', action: 'DeleteMessage*', fault: 'reset-after', times: 2 },
        { service: 'sqs', action: 'DeleteMessage*', fault: 'reset-before', times: 2 },
        { service: 'ec2', action: 'ModifyFleet', fault: 'reset-after', times: 1 },
        { service: 'ec2', action: 'ModifyFleet', fault: 'reset-before', times: 1 },
        { service: 'ec2', action: 'Describe*', fault: 'reset-before', times: 2 },
        { service: 'scheduler', fault: 'reset-after', times: 1 },
        { service: 'scheduler', fault: 'reset-before', times: 1 },
      ],
    });
  });
});
