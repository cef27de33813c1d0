import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueUrlCommand,
  InvalidAttributeName,
  InvalidAttributeValue,
  ListQueuesCommand,
  ListQueueTagsCommand,
  PurgeQueueCommand,
  PurgeQueueInProgress,
  QueueDeletedRecently,
  QueueDoesNotExist,
  QueueNameExists,
  SendMessageCommand,
  SetQueueAttributesCommand,
  TagQueueCommand,
  UnsupportedOperation,
  UntagQueueCommand,
  type QueueAttributeName,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { errorOf, startTestSqs, TestQueue, type TestSqs } from '../support/sqs.js';

let sqs: TestSqs;
beforeEach(async () => {
  sqs = await startTestSqs();
});
afterEach(() => sqs.close());

const create = (QueueName: string, Attributes: Partial<Record<QueueAttributeName, string>> = {}) =>
  sqs.client.send(new CreateQueueCommand({ QueueName, Attributes }));
const set = (queue: TestQueue, Attributes: Partial<Record<QueueAttributeName, string>>) =>
  sqs.client.send(new SetQueueAttributesCommand({ QueueUrl: queue.url, Attributes }));

describe('creating, finding and deleting queues', () => {
  test('a queue’s URL is the endpoint, the account and the name', async () => {
    const { QueueUrl } = await create('work');
    expect(QueueUrl).toBe(`${sqs.cloud.endpoint}/000000000000/work`);
    expect((await sqs.client.send(new GetQueueUrlCommand({ QueueName: 'work' }))).QueueUrl).toBe(QueueUrl);
  });

  test('creating again alike gives the same queue, and with another value of an attribute is refused', async () => {
    const { QueueUrl } = await create('work', { VisibilityTimeout: '45' });
    expect((await create('work', { VisibilityTimeout: '45' })).QueueUrl).toBe(QueueUrl);
    expect((await create('work')).QueueUrl).toBe(QueueUrl);
    const error = await errorOf(create('work', { VisibilityTimeout: '46' }));
    expect(error).toBeInstanceOf(QueueNameExists);
    expect(error.message).toBe(
      'A queue already exists with the same name and a different value for attribute VisibilityTimeout',
    );
  });

  test.each(['', 'with space', 'x'.repeat(81), 'ümlaut'])('the name %j is refused', async (name) => {
    expect(['InvalidParameterValue', 'MissingParameter']).toContain((await errorOf(create(name))).name);
  });

  test('a FIFO queue is refused clearly', async () => {
    expect(await errorOf(create('work.fifo', { FifoQueue: 'true' }))).toBeInstanceOf(UnsupportedOperation);
    expect((await errorOf(create('work', { FifoQueue: 'true' }))).message).toBe('Unknown Attribute FifoQueue.');
  });

  test('a queue that does not exist is an error of its own, with the older code beside it', async () => {
    const byName = await errorOf(sqs.client.send(new GetQueueUrlCommand({ QueueName: 'none' })));
    const QueueUrl = `${sqs.cloud.endpoint}/000000000000/none`;
    const byUrl = await errorOf(sqs.client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a' })));
    for (const error of [byName, byUrl]) {
      expect(error).toBeInstanceOf(QueueDoesNotExist);
      expect(error.message).toBe('The specified queue does not exist.');
      expect(error).toMatchObject({ Code: 'AWS.SimpleQueueService.NonExistentQueue' });
      expect(error.$metadata?.httpStatusCode).toBe(400);
    }
  });

  test('an address of no queue is refused', async () => {
    const QueueUrl = `${sqs.cloud.endpoint}/work`;
    const error = await errorOf(sqs.client.send(new PurgeQueueCommand({ QueueUrl })));
    expect([error.name, error.$metadata?.httpStatusCode]).toEqual(['InvalidAddress', 404]);
  });

  test('queues are listed by name, by prefix and in pages', async () => {
    expect((await sqs.client.send(new ListQueuesCommand({}))).QueueUrls).toBeUndefined();
    for (const name of ['b', 'a2', 'a1', 'a3']) await create(name);
    const names = (urls: readonly string[] | undefined) => urls?.map((url) => url.split('/').at(-1));
    expect(names((await sqs.client.send(new ListQueuesCommand({}))).QueueUrls)).toEqual(['a1', 'a2', 'a3', 'b']);
    const first = await sqs.client.send(new ListQueuesCommand({ QueueNamePrefix: 'a', MaxResults: 2 }));
    expect(names(first.QueueUrls)).toEqual(['a1', 'a2']);
    const second = await sqs.client.send(
      new ListQueuesCommand({ QueueNamePrefix: 'a', MaxResults: 2, NextToken: first.NextToken }),
    );
    expect([names(second.QueueUrls), second.NextToken]).toEqual([['a3'], undefined]);
  });

  test('a deleted queue is gone, and its name is free again after 60 seconds', async () => {
    const queue = await TestQueue.create(sqs.client, 'work');
    await sqs.client.send(new DeleteQueueCommand({ QueueUrl: queue.url }));
    expect(await errorOf(queue.receive())).toBeInstanceOf(QueueDoesNotExist);
    sqs.clock.advanceSeconds(59);
    expect(await errorOf(create('work'))).toBeInstanceOf(QueueDeletedRecently);
    sqs.clock.advanceSeconds(1);
    await create('work');
  });
});

describe('attributes', () => {
  test('a new queue has AWS’s defaults', async () => {
    const queue = await TestQueue.create(sqs.client, 'work');
    const now = String(sqs.clock.nowMs() / 1000);
    expect(await queue.attributes('All')).toEqual({
      ApproximateNumberOfMessages: '0',
      ApproximateNumberOfMessagesDelayed: '0',
      ApproximateNumberOfMessagesNotVisible: '0',
      CreatedTimestamp: now,
      DelaySeconds: '0',
      LastModifiedTimestamp: now,
      MaximumMessageSize: '1048576',
      MessageRetentionPeriod: '345600',
      QueueArn: 'arn:aws:sqs:us-east-1:000000000000:work',
      ReceiveMessageWaitTimeSeconds: '0',
      SqsManagedSseEnabled: 'true',
      VisibilityTimeout: '30',
    });
  });

  test('only what is asked for is given, and nothing unasked', async () => {
    const queue = await TestQueue.create(sqs.client, 'work');
    expect(await queue.attributes()).toEqual({});
    expect(await queue.attributes('DelaySeconds', 'Policy')).toEqual({ DelaySeconds: '0' });
    const error = await errorOf(queue.attributes('Nonsense' as QueueAttributeName));
    expect(error).toBeInstanceOf(InvalidAttributeName);
    expect(error.message).toBe('Unknown Attribute Nonsense.');
  });

  test('what is set holds from then on', async () => {
    const queue = await TestQueue.create(sqs.client, 'work');
    sqs.clock.advanceSeconds(5);
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [] });
    await set(queue, { VisibilityTimeout: '7', Policy });
    expect(await queue.attributes('All')).toMatchObject({
      VisibilityTimeout: '7',
      Policy,
      LastModifiedTimestamp: String(sqs.clock.nowMs() / 1000),
    });
    await set(queue, { Policy: '' });
    expect(await queue.attributes('Policy')).toEqual({});
    await queue.send('a');
    await queue.receive();
    sqs.clock.advanceSeconds(7);
    expect(await queue.counts()).toMatchObject({ visible: 1 });
  });

  test('a shorter retention ends what is older', async () => {
    const queue = await TestQueue.create(sqs.client, 'work');
    await queue.send('a');
    sqs.clock.advanceSeconds(61);
    await set(queue, { MessageRetentionPeriod: '60' });
    expect(await queue.counts()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });

  test.each([
    { VisibilityTimeout: '43201' },
    { VisibilityTimeout: '-1' },
    { DelaySeconds: '901' },
    { MaximumMessageSize: '1023' },
    { MessageRetentionPeriod: '59' },
    { ReceiveMessageWaitTimeSeconds: '21' },
    { ReceiveMessageWaitTimeSeconds: 'many' },
    { Policy: 'no json' },
  ])('%j is refused', async (attributes) => {
    const queue = await TestQueue.create(sqs.client, 'work');
    const [name] = Object.keys(attributes);
    const error = await errorOf(set(queue, attributes));
    expect(error).toBeInstanceOf(InvalidAttributeValue);
    expect(error.message).toBe(`Invalid value for the parameter ${name}.`);
  });

  test('only one kind of encryption can be on', async () => {
    const queue = await TestQueue.create(sqs.client, 'work', { KmsMasterKeyId: 'key' });
    expect(await queue.attributes('KmsMasterKeyId', 'SqsManagedSseEnabled')).toEqual({
      KmsMasterKeyId: 'key',
      SqsManagedSseEnabled: 'false',
    });
    await set(queue, { SqsManagedSseEnabled: 'true' });
    expect(await queue.attributes('KmsMasterKeyId', 'SqsManagedSseEnabled')).toEqual({ SqsManagedSseEnabled: 'true' });
  });
});

describe('tags and purge', () => {
  test('tags are added, replaced and taken away', async () => {
    const { QueueUrl } = await sqs.client.send(new CreateQueueCommand({ QueueName: 'work', tags: { a: '1' } }));
    const tags = async () => (await sqs.client.send(new ListQueueTagsCommand({ QueueUrl }))).Tags;
    await sqs.client.send(new TagQueueCommand({ QueueUrl, Tags: { a: '2', b: '' } }));
    expect(await tags()).toEqual({ a: '2', b: '' });
    await sqs.client.send(new UntagQueueCommand({ QueueUrl, TagKeys: ['a', 'b'] }));
    expect(await tags()).toBeUndefined();
    const many = Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`t${i}`, '']));
    expect((await errorOf(sqs.client.send(new TagQueueCommand({ QueueUrl, Tags: many })))).name).toBe(
      'InvalidParameterValue',
    );
  });

  test('a purge takes every message, and another is refused for 60 seconds', async () => {
    const queue = await TestQueue.create(sqs.client, 'work');
    await queue.send('a', 'b');
    const message = await queue.receiveOne();
    const purge = () => sqs.client.send(new PurgeQueueCommand({ QueueUrl: queue.url }));
    await purge();
    expect(await queue.counts()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
    await queue.delete(message);
    sqs.clock.advanceSeconds(59);
    const error = await errorOf(purge());
    expect(error).toBeInstanceOf(PurgeQueueInProgress);
    expect(error.message).toBe('Only one PurgeQueue operation on work is allowed every 60 seconds.');
    expect(error.$metadata?.httpStatusCode).toBe(403);
    sqs.clock.advanceSeconds(1);
    await purge();
  });
});
