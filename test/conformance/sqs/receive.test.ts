/**
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html, …/API_DeleteMessage.html,
 * …/API_DeleteMessageBatch.html
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
 */
import { DeleteMessageBatchCommand, DeleteMessageCommand, ReceiptHandleIsInvalid } from '@aws-sdk/client-sqs';
import { SendMessageCommand, type MessageSystemAttributeName, type QueueAttributeName } from '@aws-sdk/client-sqs';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { conformanceTarget, inWords } from '../target.js';
import { bodiesOf, COUNTS_SETTLE, newQueues, type TestQueue } from './test-queue.js';
import { errorOf } from '../../support/error-of.js';

const target = conformanceTarget();
const newQueue = newQueues(target);
const client = () => target().sqs;
const settled = (queue: TestQueue, counts: { visible: number; inFlight: number; delayed: number }) =>
  eventually(async () => JSON.stringify(await queue.counts()) === JSON.stringify(counts), {
    ...COUNTS_SETTLE,
    what: `counts of ${JSON.stringify(counts)}`,
  });

describe('receive', () => {
  test('one message is returned by default, and at most ten', async () => {
    const queue = await newQueue();
    await queue.sendTogether(['a', 'b', 'c']);
    const one = await queue.receive({ WaitTimeSeconds: 20 });
    expect(one).toHaveLength(1);
    expect(bodiesOf([...one, ...(await queue.gather(2))]).sort()).toEqual(['a', 'b', 'c']);
    for (const MaxNumberOfMessages of [0, 11]) {
      const error = await errorOf(queue.receive({ MaxNumberOfMessages }));
      expect([error.name, error.message]).toEqual([
        'InvalidParameterValue',
        inWords(
          `Value ${MaxNumberOfMessages} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.`,
        ),
      ]);
    }
  });

  test('an empty queue answers without a list of messages', async () => {
    expect(await (await newQueue()).receive()).toEqual([]);
  });

  test('a received message is counted as in flight until it is deleted', async () => {
    const queue = await newQueue();
    await queue.sendTogether(['a', 'b']);
    const [first] = await queue.gather(1, { MaxNumberOfMessages: 1, VisibilityTimeout: 600 });
    await settled(queue, { visible: 1, inFlight: 1, delayed: 0 });
    await queue.delete(first ?? {});
    await settled(queue, { visible: 1, inFlight: 0, delayed: 0 });
  });

  test('a delayed message is counted as delayed, and comes when it is due', async () => {
    const queue = await newQueue({ DelaySeconds: '1' });
    await queue.send('later');
    await client().send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'much later', DelaySeconds: 900 }));
    expect(await queue.receive()).toEqual([]);
    expect(bodiesOf(await queue.receive({ WaitTimeSeconds: 20, VisibilityTimeout: 600 }))).toEqual(['later']);
    await settled(queue, { visible: 0, inFlight: 1, delayed: 1 });
  });
});

describe('system attributes of messages', () => {
  test('system attributes are returned only on request, and count the receives', async () => {
    const queue = await newQueue();
    const beforeMs = Date.now() - 60_000;
    await queue.send('a');
    const [bare] = await queue.gather(1, { VisibilityTimeout: 0 });
    expect(bare?.Attributes).toBeUndefined();
    const [all] = await queue.gather(1, { MessageSystemAttributeNames: ['All'], VisibilityTimeout: 0 });
    const { SentTimestamp, ApproximateFirstReceiveTimestamp, SenderId, ...others } = all?.Attributes ?? {};
    expect(others).toEqual({ ApproximateReceiveCount: '2' });
    expect(SenderId).not.toBe('');
    expect(Number(SentTimestamp)).toBeGreaterThan(beforeMs);
    expect(Number(ApproximateFirstReceiveTimestamp)).toBeGreaterThanOrEqual(Number(SentTimestamp));
    const [one] = await queue.gather(1, { MessageSystemAttributeNames: ['SenderId'], VisibilityTimeout: 0 });
    expect(one?.Attributes).toEqual({ SenderId });
    const [older] = await queue.gather(1, { AttributeNames: ['All'] });
    expect(older?.Attributes).toMatchObject({ ApproximateReceiveCount: '4', SenderId });
  });

  test("a message's group is returned, and blocks no other message", async () => {
    const queue = await newQueue();
    for (const MessageBody of ['a', 'b']) {
      await client().send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody, MessageGroupId: 'tenant-1' }));
    }
    const messages = await queue.gather(2, { MessageSystemAttributeNames: ['MessageGroupId'] });
    expect(bodiesOf(messages).sort()).toEqual(['a', 'b']);
    expect(messages.map(({ Attributes }) => Attributes)).toEqual(Array(2).fill({ MessageGroupId: 'tenant-1' }));
  });

  test('an unknown name is refused', async () => {
    const queue = await newQueue();
    const MessageSystemAttributeNames = ['Nonsense' as MessageSystemAttributeName];
    expect((await errorOf(queue.receive({ MessageSystemAttributeNames }))).name).toBe('InvalidAttributeName');
    const AttributeNames = ['Nonsense' as QueueAttributeName];
    expect((await errorOf(queue.receive({ AttributeNames }))).name).toBe('InvalidAttributeName');
  });
});

describe('message attributes', () => {
  test('attributes are returned only on request, by name, prefix or all', async () => {
    const queue = await newQueue();
    const MessageAttributes = {
      'kind.a': { DataType: 'String', StringValue: 'x' },
      'kind.b': { DataType: 'Number.float', StringValue: '4.5' },
      raw: { DataType: 'Binary', BinaryValue: Buffer.from([0, 255]) },
    };
    await client().send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'a', MessageAttributes }));
    const ask = async (...names: string[]) => {
      const [message] = await queue.gather(1, { MessageAttributeNames: names, VisibilityTimeout: 0 });
      return message ?? {};
    };
    const none = await ask();
    expect([none.MessageAttributes, none.MD5OfMessageAttributes]).toEqual([undefined, undefined]);
    expect(Object.keys((await ask('All')).MessageAttributes ?? {}).sort()).toEqual(['kind.a', 'kind.b', 'raw']);
    expect(Object.keys((await ask('.*')).MessageAttributes ?? {}).sort()).toEqual(['kind.a', 'kind.b', 'raw']);
    const kinds = await ask('kind.*');
    expect(kinds.MessageAttributes).toEqual({
      'kind.a': MessageAttributes['kind.a'],
      'kind.b': MessageAttributes['kind.b'],
    });
    const raw = await ask('raw', 'unknown');
    expect(Object.keys(raw.MessageAttributes ?? {})).toEqual(['raw']);
    expect(Buffer.from(raw.MessageAttributes?.['raw']?.BinaryValue ?? [])).toEqual(Buffer.from([0, 255]));
  });
});

describe('delete', () => {
  test('a deleted message does not come back, and deleting it again is no error', async () => {
    const queue = await newQueue();
    await queue.send('a');
    const [message] = await queue.gather(1, { VisibilityTimeout: 600 });
    await queue.delete(message ?? {});
    await queue.delete(message ?? {});
    await settled(queue, { visible: 0, inFlight: 0, delayed: 0 });
  });

  test('a late delete with the newest handle works after the visibility has expired', async () => {
    const queue = await newQueue();
    await queue.send('a');
    const [message] = await queue.gather(1, { VisibilityTimeout: 0 });
    await queue.delete(message ?? {});
    await settled(queue, { visible: 0, inFlight: 0, delayed: 0 });
  });

  test('a handle that is malformed or of another queue is invalid', async () => {
    const [queue, other] = [await newQueue(), await newQueue()];
    await other.send('a');
    const [message] = await other.gather(1);
    for (const ReceiptHandle of ['garbage', message?.ReceiptHandle ?? '']) {
      const error = await errorOf(client().send(new DeleteMessageCommand({ QueueUrl: queue.url, ReceiptHandle })));
      expect(error).toBeInstanceOf(ReceiptHandleIsInvalid);
      expect(error.message).toEqual(
        inWords(/receipt handle ".+" is not (a valid receipt handle|valid for this queue)\.$/),
      );
    }
  });

  test('a batch of deletes answers for each entry', async () => {
    const queue = await newQueue();
    await queue.send('a');
    const [message] = await queue.gather(1, { VisibilityTimeout: 600 });
    const Entries = [
      { Id: 'good', ReceiptHandle: message?.ReceiptHandle },
      { Id: 'bad', ReceiptHandle: 'garbage' },
    ];
    const result = await client().send(new DeleteMessageBatchCommand({ QueueUrl: queue.url, Entries }));
    expect(result.Successful).toEqual([{ Id: 'good' }]);
    expect(result.Failed).toMatchObject([{ Id: 'bad', Code: 'ReceiptHandleIsInvalid', SenderFault: true }]);
    await settled(queue, { visible: 0, inFlight: 0, delayed: 0 });
  });

  test('a batch without entries, with too many, or with a repeated id is refused as a whole', async () => {
    const queue = await newQueue();
    const refused = async (ids: readonly string[]) => {
      const Entries = ids.map((Id) => ({ Id, ReceiptHandle: 'garbage' }));
      return (await errorOf(client().send(new DeleteMessageBatchCommand({ QueueUrl: queue.url, Entries })))).name;
    };
    expect(await refused([])).toBe('EmptyBatchRequest');
    expect(await refused([...'0123456789a'])).toBe('TooManyEntriesInBatchRequest');
    expect(await refused(['a', 'a'])).toBe('BatchEntryIdsNotDistinct');
    expect(await refused(['a b'])).toBe('InvalidBatchEntryId');
  });
});
