/**
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html, …/API_GetQueueUrl.html,
 * …/API_ListQueues.html, …/API_DeleteQueue.html, …/API_GetQueueAttributes.html, …/API_SetQueueAttributes.html,
 * …/API_TagQueue.html, …/API_PurgeQueue.html
 */
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
  QueueDoesNotExist,
  QueueNameExists,
  SendMessageCommand,
  SetQueueAttributesCommand,
  TagQueueCommand,
  UntagQueueCommand,
  type QueueAttributeName,
} from '@aws-sdk/client-sqs';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { conformanceTarget, inWords, unique } from '../target.js';
import { type Attributes, COUNTS_SETTLE, newQueues, TestQueue } from './test-queue.js';
import { errorOf } from '../../support/error-of.js';

const target = conformanceTarget();
const newQueue = newQueues(target);
const client = () => target().sqs;
const nameOf = (queue: TestQueue) => queue.url.split('/').at(-1) ?? '';
const create = (QueueName: string, attributes: Attributes = {}) =>
  client().send(new CreateQueueCommand({ QueueName, Attributes: attributes }));
const set = (queue: TestQueue, attributes: Attributes) =>
  client().send(new SetQueueAttributesCommand({ QueueUrl: queue.url, Attributes: attributes }));

describe('queues: create, find, list, delete', () => {
  test('a queue’s URL ends with its name and is found by it', async () => {
    const queue = await newQueue();
    expect(queue.url).toMatch(/^https?:\/\/.+\/\d{12}\/queue-[0-9a-f]+$/);
    expect((await client().send(new GetQueueUrlCommand({ QueueName: nameOf(queue) }))).QueueUrl).toBe(queue.url);
  });

  test('creating a queue again returns the same queue, and is refused with another attribute value', async () => {
    const queue = await newQueue({ VisibilityTimeout: '45' });
    const name = nameOf(queue);
    expect((await create(name, { VisibilityTimeout: '45' })).QueueUrl).toBe(queue.url);
    expect((await create(name)).QueueUrl).toBe(queue.url);
    const error = await errorOf(create(name, { VisibilityTimeout: '46' }));
    expect(error).toBeInstanceOf(QueueNameExists);
    expect(error.message).toEqual(
      inWords('A queue already exists with the same name and a different value for attribute VisibilityTimeout'),
    );
  });

  test.each(['with space', 'x'.repeat(81), 'ümlaut', 'a/b'])('the name %j is refused', async (name) => {
    expect((await errorOf(create(name))).name).toBe('InvalidParameterValue');
  });

  test('a missing queue has an error of its own, with the older code in a header', async () => {
    const byName = await errorOf(client().send(new GetQueueUrlCommand({ QueueName: unique('none') })));
    const QueueUrl = `${(await newQueue()).url}-none`;
    const byUrl = await errorOf(client().send(new SendMessageCommand({ QueueUrl, MessageBody: 'a' })));
    for (const error of [byName, byUrl]) {
      expect(error).toBeInstanceOf(QueueDoesNotExist);
      expect(error.message).toEqual(inWords('The specified queue does not exist.'));
      expect(error).toMatchObject({ Code: 'AWS.SimpleQueueService.NonExistentQueue' });
      expect(error.status).toBe(400);
    }
  });

  test('queues are listed by prefix and in pages', async () => {
    const prefix = unique('listed');
    const made = await Promise.all(['a', 'b', 'c'].map((end) => TestQueue.create(client(), `${prefix}-${end}`)));
    const list = (NextToken?: string) =>
      client().send(new ListQueuesCommand({ QueueNamePrefix: prefix, MaxResults: 2, NextToken }));
    const first = await list();
    expect(first.QueueUrls).toHaveLength(2);
    const second = await list(first.NextToken);
    expect(second.NextToken).toBeUndefined();
    const urls = [...(first.QueueUrls ?? []), ...(second.QueueUrls ?? [])];
    expect(urls.sort()).toEqual(made.map((queue) => queue.url).sort());
    const whole = await client().send(new ListQueuesCommand({ QueueNamePrefix: prefix }));
    expect([whole.QueueUrls?.length, whole.NextToken]).toEqual([3, undefined]);
    await Promise.all(made.map((queue) => queue.remove()));
    expect((await client().send(new ListQueuesCommand({ QueueNamePrefix: unique('none') }))).QueueUrls).toBeUndefined();
  });

  test('a deleted queue is gone', async () => {
    const queue = await newQueue();
    await client().send(new DeleteQueueCommand({ QueueUrl: queue.url }));
    await eventually(async () => (await errorOf(queue.send('a'))) instanceof QueueDoesNotExist, COUNTS_SETTLE);
  });
});

describe('queue attributes', () => {
  test('a new queue has AWS’s defaults', async () => {
    const queue = await newQueue();
    const { CreatedTimestamp, LastModifiedTimestamp, QueueArn, ...others } = await queue.attributes('All');
    expect(QueueArn).toMatch(new RegExp(`^arn:aws:sqs:us-east-1:\\d{12}:${nameOf(queue)}$`));
    expect(CreatedTimestamp).toMatch(/^\d{10}$/);
    expect(LastModifiedTimestamp).toMatch(/^\d{10}$/);
    expect(others).toEqual({
      ApproximateNumberOfMessages: '0',
      ApproximateNumberOfMessagesDelayed: '0',
      ApproximateNumberOfMessagesNotVisible: '0',
      DelaySeconds: '0',
      MaximumMessageSize: '1048576',
      MessageRetentionPeriod: '345600',
      ReceiveMessageWaitTimeSeconds: '0',
      SqsManagedSseEnabled: 'true',
      VisibilityTimeout: '30',
    });
  });

  test('only the requested attributes are returned', async () => {
    const queue = await newQueue();
    expect(await queue.attributes()).toEqual({});
    expect(await queue.attributes('DelaySeconds', 'Policy')).toEqual({ DelaySeconds: '0' });
    const error = await errorOf(queue.attributes('Nonsense' as QueueAttributeName));
    expect(error).toBeInstanceOf(InvalidAttributeName);
    expect(error.message).toEqual(inWords('Unknown Attribute Nonsense.'));
  });

  test('every settable attribute is returned', async () => {
    const queue = await newQueue();
    const attributes = {
      DelaySeconds: '1',
      MaximumMessageSize: '2048',
      MessageRetentionPeriod: '60',
      ReceiveMessageWaitTimeSeconds: '2',
      VisibilityTimeout: '3',
    };
    await set(queue, attributes);
    expect(await queue.attributes('All')).toMatchObject(attributes);
  });

  test.each([
    { VisibilityTimeout: '43201' },
    { VisibilityTimeout: '-1' },
    { DelaySeconds: '901' },
    { MaximumMessageSize: '1023' },
    { MaximumMessageSize: '1048577' },
    { MessageRetentionPeriod: '59' },
    { MessageRetentionPeriod: '1209601' },
    { ReceiveMessageWaitTimeSeconds: '21' },
    { ReceiveMessageWaitTimeSeconds: 'many' },
    { Policy: 'no json' },
  ])('%j is refused', async (attributes) => {
    const [name] = Object.keys(attributes);
    const error = await errorOf(set(await newQueue(), attributes));
    expect(error).toBeInstanceOf(InvalidAttributeValue);
    expect(error.message).toEqual(inWords(`Invalid value for the parameter ${name}.`));
  });

  test('an attribute of FIFO queues is unknown to a standard queue', async () => {
    const queue = await newQueue();
    expect((await errorOf(set(queue, { FifoQueue: 'true' }))).message).toEqual(inWords('Unknown Attribute FifoQueue.'));
    const scope = await errorOf(create(unique('queue'), { DeduplicationScope: 'queue' }));
    expect([scope.name, scope.message]).toEqual([
      'InvalidAttributeName',
      inWords('You can specify the DeduplicationScope only when FifoQueue is set to true.'),
    ]);
  });

  test('a policy is accepted, returned and removed', async () => {
    const queue = await newQueue();
    const QueueArn = await queue.arn();
    const statement = { Effect: 'Allow', Principal: '*', Action: 'sqs:SendMessage', Resource: QueueArn };
    const policy = { Version: '2012-10-17', Statement: [statement] };
    await set(queue, { Policy: JSON.stringify(policy) });
    expect(JSON.parse((await queue.attributes('Policy')).Policy ?? '')).toEqual(policy);
    await set(queue, { Policy: '' });
    expect(await queue.attributes('Policy')).toEqual({});
  });

  test('only one kind of encryption can be on', async () => {
    const kinds = ['KmsMasterKeyId', 'KmsDataKeyReusePeriodSeconds', 'SqsManagedSseEnabled'] as const;
    const queue = await newQueue({ KmsMasterKeyId: 'alias/aws/sqs', KmsDataKeyReusePeriodSeconds: '600' });
    expect(await queue.attributes(...kinds)).toEqual({
      KmsMasterKeyId: 'alias/aws/sqs',
      KmsDataKeyReusePeriodSeconds: '600',
      SqsManagedSseEnabled: 'false',
    });
    const both = await errorOf(set(queue, { KmsMasterKeyId: 'alias/aws/sqs', SqsManagedSseEnabled: 'true' }));
    expect([both.name, both.message]).toEqual([
      'InvalidAttributeName',
      inWords(
        'You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.',
      ),
    ]);
    await set(queue, { SqsManagedSseEnabled: 'true' });
    expect(await queue.attributes(...kinds)).toEqual({ SqsManagedSseEnabled: 'true' });
  });
});

describe('queue tags', () => {
  test('tags are added, replaced and removed', async () => {
    const { QueueUrl = '' } = await client().send(
      new CreateQueueCommand({ QueueName: unique('queue'), tags: { a: '1' } }),
    );
    const tags = async () => (await client().send(new ListQueueTagsCommand({ QueueUrl }))).Tags;
    expect(await tags()).toEqual({ a: '1' });
    await client().send(new TagQueueCommand({ QueueUrl, Tags: { a: '2', A: '', b: '' } }));
    expect(await tags()).toEqual({ a: '2', A: '', b: '' });
    await client().send(new UntagQueueCommand({ QueueUrl, TagKeys: ['a', 'A', 'b', 'c'] }));
    expect(await tags()).toBeUndefined();
    await new TestQueue(client(), QueueUrl).remove();
  });
});

describe('purge', () => {
  test('a purge takes every message, and another is refused for 60 seconds', async () => {
    const queue = await newQueue();
    await queue.sendTogether(['a', 'b']);
    await queue.gather(1, { MaxNumberOfMessages: 1 });
    const purge = () => client().send(new PurgeQueueCommand({ QueueUrl: queue.url }));
    await purge();
    const error = await errorOf(purge());
    expect(error).toBeInstanceOf(PurgeQueueInProgress);
    expect(error.message).toEqual(
      inWords(`Only one PurgeQueue operation on ${nameOf(queue)} is allowed every 60 seconds.`),
    );
    const empty = { visible: 0, inFlight: 0, delayed: 0 };
    await eventually(async () => JSON.stringify(await queue.counts()) === JSON.stringify(empty), COUNTS_SETTLE);
  });
});
