import {
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeSqsClient } from '../../aws/clients.js';
import { controlUntil } from '../../runner/controller/control-until.js';
import { systemClock } from '../../runner/wiring/clock.js';
import { modelPath } from '../e2e/models.js';
import { clientOptionsOf } from './support/emulator.js';
import { EmulatorLab } from './support/emulator-lab.js';

/** The queue is created with the most receives that SQS allows (R4). */
const MAX_RECEIVES = 1_000;

describe('dead letters on an emulator', () => {
  let lab: EmulatorLab;
  let sqs: SQSClient;
  beforeEach(async () => {
    lab = await EmulatorLab.start({ leaseSeconds: 10 });
    sqs = makeSqsClient(clientOptionsOf(lab.emulator));
  });
  afterEach(async () => {
    await redrive(MAX_RECEIVES);
    sqs.destroy();
    await lab.close();
  });

  it('lose no batch: each is sent again, and the job completes (R5)', async () => {
    expect(await redrive()).toMatchObject({
      maxReceiveCount: MAX_RECEIVES,
      deadLetterTargetArn: await deadLettersArn(),
    });
    const dataset = await lab.file('items.jsonl', '0\n1\n2\n');
    const job = await lab.submit([dataset, '--model', modelPath('double'), '--batch-size', '1', '--max-workers', '1']);
    // One receive is enough now, so the test need not receive each message a thousand times.
    await redrive(1);
    await lab.soon('three dead letters', async () => {
      await receive(lab.stack.queueUrl);
      return (await receive(lab.stack.deadLetterQueueUrl)) > 0 && (await countsOfDead()) === 3;
    });
    await redrive(MAX_RECEIVES);
    const told: string[] = [];
    // This is the CLI's controller, with a shorter wait before it takes the queue for empty.
    await controlUntil(
      { ...lab.ports, clock: systemClock },
      {
        maxWorkers: 1,
        quietMs: 2_000,
        passMs: 500,
        until: ({ parked, jobs }) => parked && jobs.length === 0,
        onReport: ({ events }) => void told.push(...events.map(({ code }) => code)),
      },
      AbortSignal.timeout(90_000),
    );
    expect(told).toContain('batches-sent-again');
    expect((await lab.results(job)).map(({ output }) => output)).toEqual([0, 2, 4]);
    expect(await lab.keys(`jobs/${job}/attempts/`), 'a receive is no attempt (R4)').toEqual([]);
    expect(await countsOfDead(), 'dead letters stay, so that the cause can be found').toBe(3);
  });

  const countsOfDead = async (): Promise<number> => {
    const { visible, inFlight } = await lab.counts(lab.stack.deadLetterQueueUrl);
    return visible + inFlight;
  };

  async function receive(QueueUrl: string): Promise<number> {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 0, MaxNumberOfMessages: 10 }),
    );
    return Messages.length;
  }

  async function deadLettersArn(): Promise<string | undefined> {
    const ask = new GetQueueAttributesCommand({ QueueUrl: lab.stack.deadLetterQueueUrl, AttributeNames: ['QueueArn'] });
    return (await sqs.send(ask)).Attributes?.['QueueArn'];
  }

  /** Returns the redrive policy of the stack's queue, as it was before. Changes its number of receives if one is given. */
  async function redrive(maxReceiveCount?: number): Promise<object> {
    const QueueUrl = lab.stack.queueUrl;
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['RedrivePolicy'] }),
    );
    const policy = JSON.parse(Attributes?.['RedrivePolicy'] ?? '{}') as object;
    if (maxReceiveCount !== undefined) {
      const RedrivePolicy = JSON.stringify({ ...policy, maxReceiveCount });
      await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { RedrivePolicy } }));
    }
    return policy;
  }
});
