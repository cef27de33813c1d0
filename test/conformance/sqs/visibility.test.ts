/**
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html, …Batch.html
 */
import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  ReceiptHandleIsInvalid,
  type Message,
} from '@aws-sdk/client-sqs';
import { describe, expect, test } from 'vitest';
import { conformanceTarget, inWords } from '../target.js';
import { bodiesOf, newQueues, type TestQueue } from './test-queue.js';
import { errorOf } from '../../support/error-of.js';

const target = conformanceTarget();
const newQueue = newQueues(target);
const change = (queue: TestQueue, message: Message | undefined, VisibilityTimeout: number) =>
  target().sqs.send(
    new ChangeMessageVisibilityCommand({
      QueueUrl: queue.url,
      ReceiptHandle: message?.ReceiptHandle ?? '',
      VisibilityTimeout,
    }),
  );

describe('visibility', () => {
  test.concurrent('a message is visible again when its visibility timeout is over, and not before', async () => {
    const queue = await newQueue({ VisibilityTimeout: '1' });
    await queue.send('a');
    expect(await queue.gather(1)).toHaveLength(1);
    const startedMs = performance.now();
    const [again] = await queue.gather(1, { MessageSystemAttributeNames: ['ApproximateReceiveCount'] });
    expect(again?.Attributes).toEqual({ ApproximateReceiveCount: '2' });
    // This is no bound on speed: it checks that the message did not come early.
    expect(performance.now() - startedMs).toBeGreaterThan(500);
  });

  test.concurrent('zero makes the message visible at once', async () => {
    const queue = await newQueue({ VisibilityTimeout: '600' });
    await queue.send('a');
    const [message] = await queue.gather(1);
    await change(queue, message, 0);
    expect(bodiesOf(await queue.gather(1))).toEqual(['a']);
  });

  test.concurrent('an extension keeps the message invisible', async () => {
    const queue = await newQueue({ VisibilityTimeout: '2' });
    await queue.send('a');
    const [message] = await queue.gather(1);
    await change(queue, message, 600);
    expect(await queue.receive({ WaitTimeSeconds: 3 })).toEqual([]);
  });

  test.concurrent('the handle of a deleted message is invalid', async () => {
    const queue = await newQueue({ VisibilityTimeout: '600' });
    await queue.send('a');
    const [message] = await queue.gather(1);
    await queue.delete(message ?? {});
    const error = await errorOf(change(queue, message, 10));
    expect(error.name).toBe('InvalidParameterValue');
    expect(error.message).toEqual(
      inWords(/Reason: Message does not exist or is not available for visibility timeout change\.$/),
    );
  });

  test.concurrent('a malformed handle is invalid', async () => {
    const error = await errorOf(change(await newQueue(), { ReceiptHandle: 'garbage' }, 10));
    expect(error).toBeInstanceOf(ReceiptHandleIsInvalid);
  });

  test.concurrent('a message stays invisible for at most twelve hours after its receive', async () => {
    const queue = await newQueue();
    await queue.send('a');
    const [message] = await queue.gather(1);
    expect((await errorOf(change(queue, message, 43_201))).message).toEqual(
      inWords(
        'Value 43201 for parameter VisibilityTimeout is invalid. Reason: Must be between 0 and 43200, if provided.',
      ),
    );
    const wholeTime = await errorOf(change(queue, message, 43_200));
    expect(wholeTime.name).toBe('InvalidParameterValue');
    expect(wholeTime.message).toEqual(
      inWords('Total VisibilityTimeout for the message is beyond the limit [43200 seconds]'),
    );
    await change(queue, message, 43_000);
  });

  test.concurrent('a batch of changes answers for each entry', async () => {
    const queue = await newQueue({ VisibilityTimeout: '600' });
    await queue.sendTogether(['a', 'b']);
    const [a, b] = await queue.gather(2);
    await queue.delete(b ?? {});
    const Entries = [
      { Id: 'a', ReceiptHandle: a?.ReceiptHandle, VisibilityTimeout: 0 },
      { Id: 'b', ReceiptHandle: b?.ReceiptHandle, VisibilityTimeout: 0 },
      { Id: 'c', ReceiptHandle: 'garbage', VisibilityTimeout: 0 },
    ];
    const result = await target().sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queue.url, Entries }));
    expect(result.Successful).toEqual([{ Id: 'a' }]);
    expect(result.Failed?.map(({ Id, Code }) => [Id, Code])).toEqual([
      ['b', 'InvalidParameterValue'],
      ['c', 'ReceiptHandleIsInvalid'],
    ]);
    expect(bodiesOf(await queue.gather(1))).toEqual([a?.Body]);
  });
});
