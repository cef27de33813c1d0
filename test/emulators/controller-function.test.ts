/** Runs the bundle of the deployed function on an emulator that runs no functions. The test sends the events that EventBridge would send. */
import { SubscribeCommand, SNSClient } from '@aws-sdk/client-sns';
import { CreateQueueCommand, DeleteQueueCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeSqsClient } from '../../aws/clients.js';
import { modelPath } from '../e2e/models.js';
import { invokeController } from '../support/controller-function.js';
import { Gate } from '../support/gate.js';
import { interruptionOf } from '../support/interruption.js';
import { accountOf, clientOptionsOf } from './support/emulator.js';
import { EmulatorLab } from './support/emulator-lab.js';

const MINUTE = { source: 'spotpool.schedule' };

describe('the controller function, run against an emulator', () => {
  let lab: EmulatorLab;
  beforeEach(async () => {
    lab = await EmulatorLab.start({ leaseSeconds: 8 });
  });
  afterEach(() => lab.close());

  it('brings a job from its submission to its end and to 0 instances, and notifies the topic', async () => {
    const { topicArn } = lab.stack;
    const told = topicArn === undefined ? undefined : await listen(topicArn);
    const env: Record<string, string> = topicArn === undefined ? {} : { SPOTPOOL_TOPIC_ARN: topicArn };
    const gate = await Gate.make(lab.directory, 'gate');
    const dataset = await lab.file('items.jsonl', '0\n1\n2\n3\n');
    const job = await lab.submit([dataset, '--model', modelPath('gated'), '--env', gate.env, '--batch-size', '1']);
    const raised = await invokeController(lab.stack, [{ source: 'spotpool.submit' }], env);
    expect(raised.answers).toMatchObject([{ target: 4, jobs: 1, parked: false }]);
    await gate.waitForStarted(1);
    await gate.open();
    await lab.soon('all outcomes', async () => (await lab.status(job)).batches.done === 4);
    const [first] = (await lab.fleet()).instances;
    const events = [interruptionOf(first?.instance ?? ''), MINUTE, MINUTE];
    const { answers, log } = await invokeController(lab.stack, events, env);
    expect(log[0]).toEqual({ code: 'woken', by: 'aws.ec2: EC2 Spot Instance Interruption Warning' });
    expect(answers.at(-1)).toMatchObject({ target: 0, parked: true });
    expect(await lab.running()).toEqual([]);
    expect((await lab.status(job)).state).toBe('complete');
    expect((await lab.results(job)).map(({ output }) => output)).toEqual([0, 2, 4, 6]);
    if (lab.emulator.name === 'localstack') await told?.(job);
    else expect(topicArn, 'a stack that no deploy made has no topic').toBeUndefined();
  });

  /** Waits for the topic's message about a job, through a queue of the test. Earlier jobs that nobody was notified of appear there too. */
  async function listen(topicArn: string): Promise<(job: string) => Promise<void>> {
    const [sns, sqs] = [new SNSClient(clientOptionsOf(lab.emulator)), makeSqsClient(clientOptionsOf(lab.emulator))];
    const QueueName = 'spotpool-suite-hears';
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName }));
    const Endpoint = `arn:aws:sqs:${lab.emulator.region}:${accountOf(lab.emulator)}:${QueueName}`;
    await sns.send(new SubscribeCommand({ TopicArn: topicArn, Protocol: 'sqs', Endpoint }));
    sns.destroy();
    return async (job) => {
      await lab.soon(`a word on the topic of ${job}`, async () => {
        const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1 }));
        return Messages?.some(({ Body }) => Body?.includes(job));
      });
      await sqs.send(new DeleteQueueCommand({ QueueUrl }));
      sqs.destroy();
    };
  }
});
