import { ChangeMessageVisibilityCommand, MessageNotInflight, type Message } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TestQueue } from '../../conformance/sqs/test-queue.js';
import { errorOf } from '../../support/error-of.js';
import { startTestSqs, type TestSqs } from '../support/sqs.js';

const HOUR_SECONDS = 3600;

describe('changing the visibility of a message', () => {
  let sqs: TestSqs;
  let queue: TestQueue;
  beforeEach(async () => {
    sqs = await startTestSqs();
    queue = await TestQueue.create(sqs.client, 'work');
    await queue.send('a');
  });
  afterEach(() => sqs.close());

  const change = (message: Message, VisibilityTimeout: number) =>
    sqs.client.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: queue.url,
        ReceiptHandle: message.ReceiptHandle ?? '',
        VisibilityTimeout,
      }),
    );

  test('counts from the call, to later and to sooner', async () => {
    const message = await queue.receiveOne();
    sqs.clock.advanceSeconds(20);
    await change(message, 60);
    sqs.clock.advanceSeconds(59.999);
    expect(await queue.counts()).toMatchObject({ inFlight: 1 });
    await change(message, 1);
    sqs.clock.advanceSeconds(1);
    expect(await queue.counts()).toMatchObject({ visible: 1, inFlight: 0 });
  });

  test('zero makes the message visible at once, also to a waiting poll', async () => {
    const message = await queue.receiveOne();
    const poll = queue.receive({ WaitTimeSeconds: 20, MessageSystemAttributeNames: ['ApproximateReceiveCount'] });
    await change(message, 0);
    expect((await poll)[0]?.Attributes?.ApproximateReceiveCount).toBe('2');
  });

  test('a message that is not in flight is refused as such', async () => {
    const message = await queue.receiveOne();
    sqs.clock.advanceSeconds(30);
    const expired = await errorOf(change(message, 10));
    expect(expired).toBeInstanceOf(MessageNotInflight);
    expect(expired.status).toBe(400);
    const again = await queue.receiveOne();
    await change(again, 0);
    expect(await errorOf(change(again, 10))).toBeInstanceOf(MessageNotInflight);
  });

  test('a handle older than the newest receive has expired', async () => {
    const stale = await queue.receiveOne({ VisibilityTimeout: 0 });
    await queue.receiveOne();
    const error = await errorOf(change(stale, 10));
    expect(error.name).toBe('InvalidParameterValue');
    expect(error.message).toBe(
      `Value ${stale.ReceiptHandle} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.`,
    );
    expect(await queue.counts()).toMatchObject({ visible: 0, inFlight: 1 });
  });

  test('no message stays invisible for twelve hours from its receive, however often it is extended', async () => {
    const message = await queue.receiveOne();
    expect((await errorOf(change(message, 43_201))).message).toBe(
      'Value 43201 for parameter VisibilityTimeout is invalid. Reason: Must be between 0 and 43200, if provided.',
    );
    const atOnce = await errorOf(change(message, 43_200));
    expect(atOnce.name).toBe('InvalidParameterValue');
    expect(atOnce.message).toContain('Total VisibilityTimeout for the message is beyond the limit [43200 seconds]');
    await change(message, 43_195);
    sqs.clock.advanceSeconds(11 * HOUR_SECONDS);
    expect((await errorOf(change(message, HOUR_SECONDS))).name).toBe('InvalidParameterValue');
    await change(message, HOUR_SECONDS - 1);
    sqs.clock.advanceSeconds(HOUR_SECONDS - 1);
    expect(await queue.counts()).toMatchObject({ visible: 1, inFlight: 0 });
  });
});
