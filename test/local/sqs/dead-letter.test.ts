import {
  CancelMessageMoveTaskCommand,
  DeleteQueueCommand,
  ListMessageMoveTasksCommand,
  ResourceNotFoundException,
  SendMessageCommand,
  SetQueueAttributesCommand,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { bodiesOf, TestQueue } from '../../conformance/sqs/test-queue.js';
import { errorOf } from '../../support/error-of.js';
import { startTestSqs, type TestSqs } from '../support/sqs.js';

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
  test('a waiting poll on the dead-letter queue gets the moved message, and one on the source gets the next message', async () => {
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

  test('retention counts from the original send', async () => {
    await queue.send('a');
    sqs.clock.advanceSeconds(345_000);
    await receiveTimes(3);
    expect(await dead.counts()).toMatchObject({ visible: 1 });
    sqs.clock.advanceSeconds(600);
    expect(await dead.counts()).toMatchObject({ visible: 0 });
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

  test('they move at the requested rate, one task at a time, until it is cancelled', async () => {
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

  test('a task whose destination is deleted fails and leaves the remaining messages', async () => {
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

  test('a task without a destination fails at a message without a source queue', async () => {
    for (const message of await dead.receive({ MaxNumberOfMessages: 10 })) await dead.delete(message);
    await dead.send('sent here');
    await start();
    sqs.clock.advanceSeconds(1);
    expect(await newest()).toMatchObject({ Status: 'FAILED', FailureReason: 'CouldNotDetermineMessageSource' });
    expect(await dead.counts()).toMatchObject({ visible: 1 });
  });

  test('closing the store stops a running task', async () => {
    await start({ MaxNumberOfMessagesPerSecond: 1 });
    sqs.store.close();
    expect(sqs.clock.armed).toBe(0);
  });
});
