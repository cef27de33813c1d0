import {
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  OverLimit,
  ReceiptHandleIsInvalid,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bodiesOf, errorOf, startTestSqs, TestQueue, type TestSqs } from '../support/sqs.js';

describe('receiving and deleting', () => {
  let sqs: TestSqs;
  let queue: TestQueue;
  beforeEach(async () => {
    sqs = await startTestSqs();
    queue = await TestQueue.create(sqs.client, 'work');
  });
  afterEach(() => sqs.close());

  test('one message comes unless more are asked for, at most ten', async () => {
    await queue.sendTogether(['a', 'b', 'c']);
    expect(bodiesOf(await queue.receive())).toEqual(['a']);
    expect(bodiesOf(await queue.receive({ MaxNumberOfMessages: 10 }))).toEqual(['b', 'c']);
    for (const MaxNumberOfMessages of [0, 11]) {
      const error = await errorOf(queue.receive({ MaxNumberOfMessages }));
      expect(error.name).toBe('InvalidParameterValue');
      expect(error.message).toBe(
        `Value ${MaxNumberOfMessages} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.`,
      );
    }
  });

  test('an empty queue answers without a list of messages', async () => {
    expect(await queue.receive()).toEqual([]);
  });

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

  test('the queue’s own delay holds for messages that name none', async () => {
    const delaying = await TestQueue.create(sqs.client, 'delaying', { DelaySeconds: '7' });
    await delaying.send('late');
    await sqs.client.send(new SendMessageCommand({ QueueUrl: delaying.url, MessageBody: 'now', DelaySeconds: 0 }));
    expect(await delaying.counts()).toEqual({ visible: 1, inFlight: 0, delayed: 1 });
  });

  test('a message older than the retention period is gone, wherever it stands', async () => {
    const short = await TestQueue.create(sqs.client, 'short', { MessageRetentionPeriod: '60' });
    await short.send('in flight', 'visible');
    await short.receive();
    sqs.clock.advanceSeconds(59);
    await short.send('younger');
    sqs.clock.advanceSeconds(1);
    expect(await short.counts()).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
    expect(bodiesOf(await short.receive({ MaxNumberOfMessages: 10 }))).toEqual(['younger']);
  });

  test('the first received comes first, and one that was received three times goes behind the others', async () => {
    await queue.send('a', 'b');
    for (let i = 0; i < 2; i++) {
      expect(bodiesOf(await queue.receive({ VisibilityTimeout: 0 }))).toEqual(['a']);
    }
    expect(bodiesOf(await queue.receive({ VisibilityTimeout: 0 }))).toEqual(['a']);
    expect(bodiesOf(await queue.receive({ MaxNumberOfMessages: 2 }))).toEqual(['b', 'a']);
  });

  test('system attributes come only when they are asked for', async () => {
    await sqs.client.send(
      new SendMessageCommand({
        QueueUrl: queue.url,
        MessageBody: 'a',
        MessageGroupId: 'job-1',
        MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: 'Root=1' } },
      }),
    );
    const sentMs = sqs.clock.nowMs();
    expect((await queue.receiveOne({ VisibilityTimeout: 0 })).Attributes).toBeUndefined();
    sqs.clock.advanceSeconds(1);
    const all = await queue.receiveOne({ MessageSystemAttributeNames: ['All'], VisibilityTimeout: 0 });
    expect(all.Attributes).toEqual({
      ApproximateFirstReceiveTimestamp: String(sentMs),
      ApproximateReceiveCount: '2',
      AWSTraceHeader: 'Root=1',
      MessageGroupId: 'job-1',
      SenderId: expect.stringMatching(/^AIDA/) as unknown,
      SentTimestamp: String(sentMs),
    });
    const older = await queue.receiveOne({ AttributeNames: ['All'] });
    expect(older.Attributes).toMatchObject({ ApproximateReceiveCount: '3' });
  });

  test('message attributes come only when they are asked for, by name, prefix or all', async () => {
    const MessageAttributes = {
      'kind.a': { DataType: 'String', StringValue: 'x' },
      'kind.b': { DataType: 'Number', StringValue: '4.5' },
      raw: { DataType: 'Binary', BinaryValue: Buffer.from([0, 255]) },
    };
    await sqs.client.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'a', MessageAttributes }));
    const ask = async (...names: string[]) => queue.receiveOne({ MessageAttributeNames: names, VisibilityTimeout: 0 });
    const none = await ask();
    expect([none.MessageAttributes, none.MD5OfMessageAttributes]).toEqual([undefined, undefined]);
    expect(Object.keys((await ask('All')).MessageAttributes ?? {}).sort()).toEqual(['kind.a', 'kind.b', 'raw']);
    expect(Object.keys((await ask('kind.*')).MessageAttributes ?? {}).sort()).toEqual(['kind.a', 'kind.b']);
    const raw = await ask('raw', 'unknown');
    expect(Buffer.from(raw.MessageAttributes?.['raw']?.BinaryValue ?? [])).toEqual(Buffer.from([0, 255]));
  });

  test('a late delete with the newest handle works after the visibility has expired', async () => {
    await queue.send('a');
    const message = await queue.receiveOne();
    sqs.clock.advanceSeconds(31);
    expect(await queue.counts()).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
    await queue.delete(message);
    expect(await queue.counts()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });

  test('a handle is dead once its message was received again: deleting with it succeeds and deletes nothing', async () => {
    await queue.send('a');
    const stale = await queue.receiveOne({ VisibilityTimeout: 0 });
    const newest = await queue.receiveOne();
    await queue.delete(stale);
    expect(await queue.counts()).toEqual({ visible: 0, inFlight: 1, delayed: 0 });
    await queue.delete(newest);
    await queue.delete(newest);
    expect(await queue.counts()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });

  test('a handle that is malformed or of another queue is invalid', async () => {
    const other = await TestQueue.create(sqs.client, 'other');
    await other.send('a');
    const foreign = (await other.receiveOne()).ReceiptHandle ?? '';
    for (const [handle, message] of [
      ['garbage', 'The input receipt handle "garbage" is not a valid receipt handle.'],
      [foreign, `The receipt handle "${foreign}" is not valid for this queue.`],
    ] as const) {
      const error = await errorOf(
        sqs.client.send(new DeleteMessageCommand({ QueueUrl: queue.url, ReceiptHandle: handle })),
      );
      expect(error).toBeInstanceOf(ReceiptHandleIsInvalid);
      expect(error.message).toBe(message);
      expect(error.$metadata?.httpStatusCode).toBe(404);
    }
  });

  test('a batch of deletes answers for each entry', async () => {
    await queue.send('a');
    const { ReceiptHandle } = await queue.receiveOne();
    const result = await sqs.client.send(
      new DeleteMessageBatchCommand({
        QueueUrl: queue.url,
        Entries: [
          { Id: 'good', ReceiptHandle },
          { Id: 'bad', ReceiptHandle: 'garbage' },
        ],
      }),
    );
    expect(result.Successful).toEqual([{ Id: 'good' }]);
    expect(result.Failed).toMatchObject([{ Id: 'bad', Code: 'ReceiptHandleIsInvalid', SenderFault: true }]);
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
