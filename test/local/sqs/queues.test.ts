import {
  CreateQueueCommand,
  DeleteQueueCommand,
  ListQueueTagsCommand,
  PurgeQueueCommand,
  PurgeQueueInProgress,
  QueueDeletedRecently,
  QueueDoesNotExist,
  SetQueueAttributesCommand,
  TagQueueCommand,
  UnsupportedOperation,
  type QueueAttributeName,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TestQueue } from '../../conformance/sqs/test-queue.js';
import { errorOf } from '../../support/error-of.js';
import { startTestSqs, type TestSqs } from '../support/sqs.js';

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
  test('a FIFO queue is refused with an explanation', async () => {
    expect(await errorOf(create('work.fifo', { FifoQueue: 'true' }))).toBeInstanceOf(UnsupportedOperation);
    expect((await errorOf(create('work', { FifoQueue: 'true' }))).message).toBe('Unknown Attribute FifoQueue.');
  });

  test("an address that is not a queue's is refused", async () => {
    const QueueUrl = `${sqs.cloud.endpoint}/work`;
    const error = await errorOf(sqs.client.send(new PurgeQueueCommand({ QueueUrl })));
    expect([error.name, error.status]).toEqual(['InvalidAddress', 404]);
  });

  test("a queue's name alone is accepted as its address", async () => {
    await create('work');
    await new TestQueue(sqs.client, 'work').send('a');
    expect(sqs.store.queue('work').counts()).toMatchObject({ visible: 1 });
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
  test('a changed attribute takes effect immediately', async () => {
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

  test('a shorter retention removes older messages', async () => {
    const queue = await TestQueue.create(sqs.client, 'work');
    await queue.send('a');
    sqs.clock.advanceSeconds(61);
    await set(queue, { MessageRetentionPeriod: '60' });
    expect(await queue.counts()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });
});

describe('tags and purge', () => {
  test.each([
    ['more than fifty', Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`t${i}`, '']))],
    ['a key of 129 characters', { ['x'.repeat(129)]: '' }],
    ['a value of 257 characters', { a: 'x'.repeat(257) }],
    ['a reserved prefix', { 'aws:a': '' }],
  ])('%s of tags is refused', async (_, Tags) => {
    const { QueueUrl } = await create('work');
    expect((await errorOf(sqs.client.send(new TagQueueCommand({ QueueUrl, Tags })))).name).toBe(
      'InvalidParameterValue',
    );
    expect((await sqs.client.send(new ListQueueTagsCommand({ QueueUrl }))).Tags).toBeUndefined();
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
    expect(error.status).toBe(403);
    sqs.clock.advanceSeconds(1);
    await purge();
  });
});
