import { OverLimit, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bodiesOf, TestQueue } from '../../conformance/sqs/test-queue.js';
import { errorOf } from '../../support/error-of.js';
import { startTestSqs, type TestSqs } from '../support/sqs.js';

describe('receiving and deleting', () => {
  let sqs: TestSqs;
  let queue: TestQueue;
  beforeEach(async () => {
    sqs = await startTestSqs();
    queue = await TestQueue.create(sqs.client, 'work');
  });
  afterEach(() => sqs.close());

  test('a received message is in flight until its visibility timeout ends, the queue’s or the request’s own', async () => {
    await queue.send('a', 'b');
    await queue.receive();
    await queue.receive({ VisibilityTimeout: 5 });
    expect(await queue.counts()).toEqual({ visible: 0, inFlight: 2, delayed: 0 });
    sqs.clock.advanceSeconds(5);
    expect(await queue.counts()).toEqual({ visible: 1, inFlight: 1, delayed: 0 });
    sqs.clock.advanceSeconds(24.999);
    expect(await queue.counts()).toEqual({ visible: 1, inFlight: 1, delayed: 0 });
    sqs.clock.advance(1);
    expect(await queue.counts()).toEqual({ visible: 2, inFlight: 0, delayed: 0 });
  });

  test('a delayed message is counted as delayed until it is due', async () => {
    await sqs.client.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'later', DelaySeconds: 10 }));
    expect(await queue.counts()).toEqual({ visible: 0, inFlight: 0, delayed: 1 });
    expect(await queue.receive()).toEqual([]);
    sqs.clock.advanceSeconds(10);
    expect(await queue.counts()).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
    expect(bodiesOf(await queue.receive())).toEqual(['later']);
  });

  test('the queue’s own delay applies to messages that set none', async () => {
    const delaying = await TestQueue.create(sqs.client, 'delaying', { DelaySeconds: '7' });
    await delaying.send('late');
    await sqs.client.send(new SendMessageCommand({ QueueUrl: delaying.url, MessageBody: 'now', DelaySeconds: 0 }));
    expect(await delaying.counts()).toEqual({ visible: 1, inFlight: 0, delayed: 1 });
  });

  test('a message older than the retention period is gone, in every state', async () => {
    const short = await TestQueue.create(sqs.client, 'short', { MessageRetentionPeriod: '60' });
    await short.send('in flight', 'visible');
    await short.receive();
    sqs.clock.advanceSeconds(59);
    await short.send('younger');
    sqs.clock.advanceSeconds(1);
    expect(await short.counts()).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
    expect(bodiesOf(await short.receive({ MaxNumberOfMessages: 10 }))).toEqual(['younger']);
  });

  test('messages come in the order of sending, and one that was received three times goes behind the others', async () => {
    await queue.send('a', 'b');
    for (let i = 0; i < 2; i++) {
      expect(bodiesOf(await queue.receive({ VisibilityTimeout: 0 }))).toEqual(['a']);
    }
    expect(bodiesOf(await queue.receive({ VisibilityTimeout: 0 }))).toEqual(['a']);
    expect(bodiesOf(await queue.receive({ MaxNumberOfMessages: 2 }))).toEqual(['b', 'a']);
  });

  test('a handle is invalid once its message was received again: deleting with it succeeds and deletes nothing', async () => {
    await queue.send('a');
    const stale = await queue.receiveOne({ VisibilityTimeout: 0 });
    const newest = await queue.receiveOne();
    await queue.delete(stale);
    expect(await queue.counts()).toEqual({ visible: 0, inFlight: 1, delayed: 0 });
    await queue.delete(newest);
    await queue.delete(newest);
    expect(await queue.counts()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });
});

describe('the limit of messages in flight', () => {
  let sqs: TestSqs;
  beforeEach(async () => {
    sqs = await startTestSqs({ maxInFlight: 2 });
  });
  afterEach(() => sqs.close());

  test('refuses a short poll, and makes a long poll wait until there is room', async () => {
    const queue = await TestQueue.create(sqs.client, 'work');
    await queue.send('a', 'b', 'c');
    const [first] = await queue.receive({ MaxNumberOfMessages: 10 });
    expect(await errorOf(queue.receive())).toBeInstanceOf(OverLimit);
    const waiting = queue.receive({ WaitTimeSeconds: 20 });
    await queue.delete(first ?? {});
    expect(bodiesOf(await waiting)).toEqual(['c']);
  });
});
