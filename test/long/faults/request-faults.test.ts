import { afterEach, beforeEach, describe, it } from 'vitest';
import type { FaultRule } from '../../../local/faults/request-faults.js';
import { Lab } from '../../support/lab.js';
import { runJobUnder } from './job-under-faults.js';

/** Faults also hit outcomes: a repeated put meets its own object, and its 412 is a success (R1). There are never five in a row, because then the SDK gives up. */
const everyThirdPutIsLost = Array.from({ length: 20 }, (_, index): FaultRule => ({
  service: 's3',
  action: 'PutObject',
  fault: 'reset-after',
  after: index * 2 + 1,
  times: 1,
}));

/** Each test checks that every item has exactly one result, that no batch has an attempt, and that no instance runs at the end. */
describe('a job is complete and ends at 0 instances,', { timeout: 150_000 }, () => {
  let lab: Lab;
  beforeEach(async () => {
    lab = await Lab.start({ leaseSeconds: 2, maxIdleSeconds: 10, maxWorkers: 2 });
  });
  afterEach(() => lab.close());

  it('although services throttle, fail, are unavailable and slow', async () => {
    await runJobUnder(lab, {
      faults: [
        { service: 'sqs', action: 'SendMessageBatch', fault: 'throttle', times: 1 },
        { service: 'sqs', action: 'SendMessageBatch', fault: '500', times: 1 },
        // The SDK itself makes fewer retries.
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

  it('although connections are reset before and after the act', async () => {
    await runJobUnder(lab, {
      faults: [
        ...everyThirdPutIsLost,
        { service: 's3', action: 'PutObject', fault: 'reset-before', times: 1 },
        { service: 's3', action: 'GetObject', fault: 'reset-before', times: 2 },
        // After a resend the messages of a call exist twice.
        { service: 'sqs', action: 'SendMessageBatch', fault: 'reset-after', times: 1 },
        { service: 'sqs', action: 'SendMessageBatch', fault: 'reset-before', times: 1 },
        // Messages in a lost reply stay in flight until their lease ends.
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
