/**
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html,
 * …/API_ListMessageMoveTasks.html, …/API_CancelMessageMoveTask.html, …/API_ListDeadLetterSourceQueues.html
 */
import {
  CancelMessageMoveTaskCommand,
  ListDeadLetterSourceQueuesCommand,
  ListMessageMoveTasksCommand,
  ResourceNotFoundException,
  SetQueueAttributesCommand,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { conformanceTarget, inWords } from '../target.js';
import { type Attributes, bodiesOf, COUNTS_SETTLE, newQueues, type TestQueue } from './test-queue.js';
import { errorOf } from '../../support/error-of.js';

const target = conformanceTarget();
const newQueue = newQueues(target);
const client = () => target().sqs;
const redrive = (deadLetterTargetArn: string, maxReceiveCount: number | string = 1): Attributes => ({
  RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount }),
});

/** Creates a dead-letter queue with these messages in it, and the queue that they come from. */
async function deadLetters(bodies: readonly string[]): Promise<{ dead: TestQueue; source: TestQueue }> {
  const dead = await newQueue();
  const source = await newQueue({ VisibilityTimeout: '0', ...redrive(await dead.arn()) });
  if (bodies.length > 0) await source.sendTogether(bodies);
  await source.gather(bodies.length);
  const moved = async () => {
    await source.receive({ MaxNumberOfMessages: 10 });
    return (await dead.counts()).visible === bodies.length;
  };
  await eventually(moved, COUNTS_SETTLE);
  return { dead, source };
}

describe('dead-letter queues', () => {
  test('a message moves with all its data when it would be received more often than the policy allows', async () => {
    const { dead, source } = await deadLetters(['a']);
    const [message] = await dead.gather(1, { MessageSystemAttributeNames: ['All'] });
    expect(message?.Body).toBe('a');
    expect(message?.Attributes).toMatchObject({
      ApproximateReceiveCount: '2',
      DeadLetterQueueSourceArn: await source.arn(),
    });
  });

  test('the policy is returned as JSON, and can be removed', async () => {
    const { dead, source } = await deadLetters([]);
    const policy = JSON.parse((await source.attributes('RedrivePolicy')).RedrivePolicy ?? '') as object;
    expect(policy).toEqual({ deadLetterTargetArn: await dead.arn(), maxReceiveCount: 1 });
    const none: Attributes = { RedrivePolicy: '' };
    await client().send(new SetQueueAttributesCommand({ QueueUrl: source.url, Attributes: none }));
    expect(await source.attributes('RedrivePolicy')).toEqual({});
  });

  test('sources are listed, in pages', async () => {
    const dead = await newQueue();
    const policy = redrive(await dead.arn(), 5);
    const sources = await Promise.all([1, 2, 3].map(() => newQueue(policy)));
    const list = (NextToken?: string) =>
      client().send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: dead.url, MaxResults: 2, NextToken }));
    const first = await list();
    const second = await list(first.NextToken);
    expect([first.queueUrls?.length, second.NextToken]).toEqual([2, undefined]);
    expect([...(first.queueUrls ?? []), ...(second.queueUrls ?? [])].sort()).toEqual(
      sources.map(({ url }) => url).sort(),
    );
  });

  test.each([
    ['a target that does not exist', (arn: string) => redrive(`${arn}-none`)],
    ['a count of zero', (arn: string) => redrive(arn, 0)],
    ['a count of 1001', (arn: string) => redrive(arn, 1001)],
    ['no target', () => ({ RedrivePolicy: '{"maxReceiveCount":2}' })],
    ['no JSON', () => ({ RedrivePolicy: 'x' })],
  ])('a policy with %s is refused', async (_, policyOf) => {
    const dead = await newQueue();
    expect((await errorOf(newQueue(policyOf(await dead.arn())))).name).toBe('InvalidParameterValue');
  });

  test('a dead-letter queue may allow all sources, none, or some', async () => {
    const [dead, source] = [await newQueue(), await newQueue()];
    const allow = async (policy: object) => {
      const Attributes = { RedriveAllowPolicy: JSON.stringify(policy) };
      await client().send(new SetQueueAttributesCommand({ QueueUrl: dead.url, Attributes }));
      expect(JSON.parse((await dead.attributes('RedriveAllowPolicy')).RedriveAllowPolicy ?? '')).toEqual(policy);
    };
    const policy = redrive(await dead.arn());
    const connect = () => client().send(new SetQueueAttributesCommand({ QueueUrl: source.url, Attributes: policy }));
    await allow({ redrivePermission: 'denyAll' });
    expect((await errorOf(connect())).name).toBe('InvalidParameterValue');
    await allow({ redrivePermission: 'byQueue', sourceQueueArns: [`${await source.arn()}-other`] });
    expect((await errorOf(connect())).name).toBe('InvalidParameterValue');
    await allow({ redrivePermission: 'byQueue', sourceQueueArns: [await source.arn()] });
    await connect();
    await allow({ redrivePermission: 'allowAll' });
    await connect();
  });
});

describe('message move tasks', () => {
  const start = async (
    dead: TestQueue,
    options: { DestinationArn?: string; MaxNumberOfMessagesPerSecond?: number } = {},
  ) => client().send(new StartMessageMoveTaskCommand({ SourceArn: await dead.arn(), ...options }));
  const newest = async (dead: TestQueue) =>
    (await client().send(new ListMessageMoveTasksCommand({ SourceArn: await dead.arn() }))).Results?.[0];

  test('messages go back to the queue that they came from, as new messages', async () => {
    const { dead, source } = await deadLetters(['a', 'b']);
    await start(dead);
    await eventually(async () => (await newest(dead))?.Status === 'COMPLETED', COUNTS_SETTLE);
    expect(await newest(dead)).toMatchObject({ SourceArn: await dead.arn(), ApproximateNumberOfMessagesMoved: 2 });
    const Attributes = { VisibilityTimeout: '600' };
    await client().send(new SetQueueAttributesCommand({ QueueUrl: source.url, Attributes }));
    const moved = await source.gather(2, { MessageSystemAttributeNames: ['ApproximateReceiveCount'] });
    expect(bodiesOf(moved).sort()).toEqual(['a', 'b']);
    expect(moved[0]?.Attributes).toEqual({ ApproximateReceiveCount: '1' });
  });

  test('a task moves messages elsewhere at the requested rate, alone, until it is cancelled', async () => {
    const [{ dead }, other] = [await deadLetters(['a', 'b', 'c', 'd', 'e']), await newQueue()];
    const rate = { DestinationArn: await other.arn(), MaxNumberOfMessagesPerSecond: 1 };
    const { TaskHandle } = await start(dead, rate);
    expect(await newest(dead)).toMatchObject({ Status: 'RUNNING', TaskHandle, ...rate });
    const second = await errorOf(start(dead));
    expect([second.name, second.message]).toEqual([
      'InvalidParameterValue',
      inWords(
        'There is already a task running. Only one active task is allowed for a source queue arn at a given time.',
      ),
    ]);
    expect(await other.gather(1)).toHaveLength(1);
    await client().send(new CancelMessageMoveTaskCommand({ TaskHandle }));
    await eventually(async () => (await newest(dead))?.Status === 'CANCELLED', COUNTS_SETTLE);
    const again = await errorOf(client().send(new CancelMessageMoveTaskCommand({ TaskHandle })));
    expect(again).toBeInstanceOf(ResourceNotFoundException);
  });

  test('a source must be a dead-letter queue, both queues must exist, and the handle must be valid', async () => {
    const { dead, source } = await deadLetters([]);
    expect((await errorOf(start(source))).message).toEqual(
      inWords('Source queue must be configured as a Dead Letter Queue.'),
    );
    expect((await errorOf(start(dead, { DestinationArn: `${await dead.arn()}-none` }))).message).toBe(
      "The resource that you specified for the DestinationArn parameter doesn't exist.",
    );
    const noHandle = new CancelMessageMoveTaskCommand({ TaskHandle: 'garbage' });
    expect((await errorOf(client().send(noHandle))).message).toEqual(
      inWords('Value for parameter TaskHandle is invalid.'),
    );
  });
});
