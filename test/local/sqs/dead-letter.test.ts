import {
  CancelMessageMoveTaskCommand,
  DeleteQueueCommand,
  ListDeadLetterSourceQueuesCommand,
  ListMessageMoveTasksCommand,
  ResourceNotFoundException,
  SendMessageCommand,
  SetQueueAttributesCommand,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { bodiesOf, errorOf, startTestSqs, TestQueue, type TestSqs } from '../support/sqs.js';

const arnOf = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;
const redriveTo = (name: string, maxReceiveCount: number | string) => ({
  RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arnOf(name), maxReceiveCount }),
});

let sqs: TestSqs;
let dead: TestQueue;
let queue: TestQueue;
beforeEach(async () => {
  sqs = await startTestSqs();
  dead = await TestQueue.create(sqs.client, 'dead');
  queue = await TestQueue.create(sqs.client, 'work', redriveTo('dead', 2));
});
afterEach(() => sqs.close());

const receiveTimes = async (times: number) => {
  for (let i = 0; i < times; i++) await queue.receive({ VisibilityTimeout: 0, MaxNumberOfMessages: 10 });
};

describe('dead-letter queues', () => {
  test('a message moves when it would be received more often than the policy allows', async () => {
    await queue.send('a');
    await receiveTimes(2);
    expect(await dead.counts()).toMatchObject({ visible: 0 });
    expect(await queue.receive()).toEqual([]);
    expect(await queue.counts()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
    const message = await dead.receiveOne({ MessageSystemAttributeNames: ['All'] });
    expect(message.Attributes).toMatchObject({
      ApproximateReceiveCount: '3',
      DeadLetterQueueSourceArn: arnOf('work'),
      SentTimestamp: String(sqs.clock.nowMs()),
    });
  });

  test('a poll that waits on the dead-letter queue gets what moves, and one on the source gets the next message', async () => {
    await queue.send('poison');
    await receiveTimes(2);
    await queue.send('good');
    const poll = dead.receive({ WaitTimeSeconds: 20 });
    await eventually(() => sqs.store.queue('dead').waiting === 1);
    expect(bodiesOf(await queue.receive())).toEqual(['good']);
    expect(bodiesOf(await poll)).toEqual(['poison']);
  });

  test('two queues that are each other’s dead-letter queue lose nothing when both hand over at once', async () => {
    const left = await TestQueue.create(sqs.client, 'left');
    const right = await TestQueue.create(sqs.client, 'right', redriveTo('left', 1));
    await sqs.client.send(new SetQueueAttributesCommand({ QueueUrl: left.url, Attributes: redriveTo('right', 1) }));
    for (const [each, body] of [[left, 'from left'] as const, [right, 'from right'] as const]) {
      await each.send(body);
      await each.receive({ VisibilityTimeout: 10 });
    }
    await sqs.client.send(new SendMessageCommand({ QueueUrl: left.url, MessageBody: 'fresh', DelaySeconds: 10 }));
    const polls = [left, right].map((each) => each.receive({ WaitTimeSeconds: 20 }));
    await eventually(() => ['left', 'right'].every((name) => sqs.store.queue(name).waiting === 1));
    sqs.clock.advanceSeconds(10);
    expect((await Promise.all(polls)).map(bodiesOf)).toEqual([['fresh'], ['from left']]);
    expect(bodiesOf(await left.receive())).toEqual(['from right']);
  });

  test('retention goes on counting from the original send', async () => {
    await queue.send('a');
    sqs.clock.advanceSeconds(345_000);
    await receiveTimes(3);
    expect(await dead.counts()).toMatchObject({ visible: 1 });
    sqs.clock.advanceSeconds(600);
    expect(await dead.counts()).toMatchObject({ visible: 0 });
  });

  test('the policy is given back as JSON with a number, and its sources are listed', async () => {
    const again = await TestQueue.create(sqs.client, 'work', redriveTo('dead', '2'));
    expect(await again.attributes('RedrivePolicy')).toEqual(redriveTo('dead', 2));
    const { queueUrls } = await sqs.client.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: dead.url }));
    expect(queueUrls).toEqual([queue.url]);
  });

  test.each([
    ['a target that does not exist', redriveTo('none', 2), 'Dead letter target does not exist.'],
    ['a count of zero', redriveTo('dead', 0), 'valid values are from 1 to 1000'],
    ['no target', { RedrivePolicy: '{"maxReceiveCount":2}' }, 'mandatory attribute: deadLetterTargetArn'],
    ['no JSON', { RedrivePolicy: 'x' }, 'not a valid JSON map'],
  ])('a policy with %s is refused', async (_, attributes, message) => {
    const error = await errorOf(TestQueue.create(sqs.client, 'other', attributes));
    expect(error.name).toBe('InvalidParameterValue');
    expect(error.message).toContain(message);
  });

  test('a dead-letter queue may refuse its sources', async () => {
    const allow = async (policy: object) => {
      const Attributes = { RedriveAllowPolicy: JSON.stringify(policy) };
      await sqs.client.send(new SetQueueAttributesCommand({ QueueUrl: dead.url, Attributes }));
    };
    await allow({ redrivePermission: 'denyAll' });
    expect((await errorOf(TestQueue.create(sqs.client, 'other', redriveTo('dead', 1)))).name).toBe(
      'InvalidParameterValue',
    );
    await allow({ redrivePermission: 'byQueue', sourceQueueArns: [arnOf('other')] });
    await TestQueue.create(sqs.client, 'other', redriveTo('dead', 1));
  });
});

describe('message move tasks', () => {
  const start = (options: { DestinationArn?: string; MaxNumberOfMessagesPerSecond?: number } = {}) =>
    sqs.client.send(new StartMessageMoveTaskCommand({ SourceArn: arnOf('dead'), ...options }));
  const newest = async () =>
    (await sqs.client.send(new ListMessageMoveTasksCommand({ SourceArn: arnOf('dead') }))).Results?.[0];

  beforeEach(async () => {
    await queue.sendTogether(['a', 'b', 'c', 'd']);
    await receiveTimes(3);
    expect(await dead.counts()).toMatchObject({ visible: 4 });
  });

  test('messages go back to the queue that they came from, as new messages', async () => {
    await start();
    sqs.clock.advanceSeconds(1);
    expect(await newest()).toMatchObject({
      Status: 'COMPLETED',
      ApproximateNumberOfMessagesMoved: 4,
      ApproximateNumberOfMessagesToMove: 4,
    });
    const moved = await queue.receiveOne({ MessageSystemAttributeNames: ['All'] });
    expect(moved.Attributes).toMatchObject({
      ApproximateReceiveCount: '1',
      SentTimestamp: String(sqs.clock.nowMs() - 900),
    });
    expect(await queue.counts()).toEqual({ visible: 3, inFlight: 1, delayed: 0 });
    expect(sqs.clock.armed).toBe(0);
  });

  test('they move at the rate that was asked for, one task at a time, until it is cancelled', async () => {
    const other = await TestQueue.create(sqs.client, 'other');
    const { TaskHandle } = await start({ DestinationArn: arnOf('other'), MaxNumberOfMessagesPerSecond: 1 });
    sqs.clock.advanceSeconds(2.5);
    expect(await newest()).toMatchObject({ Status: 'RUNNING', TaskHandle, ApproximateNumberOfMessagesMoved: 2 });
    expect((await errorOf(start())).message).toContain('There is already a task running.');
    const cancelled = await sqs.client.send(new CancelMessageMoveTaskCommand({ TaskHandle }));
    expect(cancelled.ApproximateNumberOfMessagesMoved).toBe(2);
    sqs.clock.advanceSeconds(60);
    expect(await newest()).toMatchObject({ Status: 'CANCELLED', ApproximateNumberOfMessagesMoved: 2 });
    expect(await other.counts()).toMatchObject({ visible: 2 });
    const again = await errorOf(sqs.client.send(new CancelMessageMoveTaskCommand({ TaskHandle })));
    expect(again).toBeInstanceOf(ResourceNotFoundException);
  });

  test('a task whose destination is deleted fails and keeps what is left', async () => {
    const other = await TestQueue.create(sqs.client, 'other');
    await start({ DestinationArn: arnOf('other'), MaxNumberOfMessagesPerSecond: 1 });
    sqs.clock.advanceSeconds(1);
    await sqs.client.send(new DeleteQueueCommand({ QueueUrl: other.url }));
    sqs.clock.advanceSeconds(1);
    expect(await newest()).toMatchObject({
      Status: 'FAILED',
      FailureReason: 'AWS.SimpleQueueService.NonExistentQueue',
      ApproximateNumberOfMessagesMoved: 1,
    });
    expect(await dead.counts()).toMatchObject({ visible: 3 });
  });

  test('a source must be a dead-letter queue, and both ends must exist', async () => {
    const fromWork = new StartMessageMoveTaskCommand({ SourceArn: arnOf('work') });
    expect((await errorOf(sqs.client.send(fromWork))).message).toBe(
      'Source queue must be configured as a Dead Letter Queue.',
    );
    expect((await errorOf(start({ DestinationArn: arnOf('none') }))).message).toBe(
      "The resource that you specified for the DestinationArn parameter doesn't exist.",
    );
    const noHandle = new CancelMessageMoveTaskCommand({ TaskHandle: 'garbage' });
    expect((await errorOf(sqs.client.send(noHandle))).message).toBe('Value for parameter TaskHandle is invalid.');
  });

  test('closing the store stops a running task', async () => {
    await start({ MaxNumberOfMessagesPerSecond: 1 });
    sqs.store.close();
    expect(sqs.clock.armed).toBe(0);
  });
});
