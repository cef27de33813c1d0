/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html */
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { conformanceTarget, inWords } from '../target.js';
import { bodiesOf, newQueues } from './test-queue.js';
import { errorOf } from '../../support/error-of.js';

const target = conformanceTarget();
const newQueue = newQueues(target);
/** This gives a request time to arrive, because a client cannot see whether its poll waits. */
const A_MOMENT_MS = 500;

describe('long polls', () => {
  test.concurrent('a poll returns as soon as a message is sent', async () => {
    const queue = await newQueue();
    const poll = queue.receive({ WaitTimeSeconds: 20 });
    await delay(A_MOMENT_MS);
    await queue.send('a');
    expect(bodiesOf(await poll)).toEqual(['a']);
  });

  test.concurrent('a poll returns nothing when its time is over, the request’s or the queue’s own', async () => {
    const queue = await newQueue({ ReceiveMessageWaitTimeSeconds: '1' });
    for (const options of [{}, { WaitTimeSeconds: 1 }]) {
      const startedMs = performance.now();
      expect(await queue.receive(options)).toEqual([]);
      // This is no bound on speed: it checks that the poll waited.
      expect(performance.now() - startedMs).toBeGreaterThan(900);
    }
  });

  test.concurrent(
    'a wait of zero overrides the queue’s own',
    async () => {
      const queue = await newQueue({ ReceiveMessageWaitTimeSeconds: '20' });
      expect(await queue.receive({ WaitTimeSeconds: 0 })).toEqual([]);
    },
    15_000,
  );

  test.concurrent.each([-1, 21])('a wait of %i seconds is refused', async (WaitTimeSeconds) => {
    const error = await errorOf((await newQueue()).receive({ WaitTimeSeconds }));
    expect([error.name, error.message]).toEqual([
      'InvalidParameterValue',
      inWords(
        `Value ${WaitTimeSeconds} for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.`,
      ),
    ]);
  });

  test.concurrent('each message goes to one of several polls', async () => {
    const queue = await newQueue();
    const polls = Promise.all(Array.from({ length: 3 }, () => queue.receive({ WaitTimeSeconds: 20 })));
    await delay(A_MOMENT_MS);
    await queue.sendTogether(['a', 'b', 'c']);
    expect(bodiesOf((await polls).flat()).sort()).toEqual(['a', 'b', 'c']);
  });

  test.concurrent('a poll that its client aborted takes no message with it', async () => {
    const queue = await newQueue({ VisibilityTimeout: '600' });
    const abort = new AbortController();
    const poll = errorOf(queue.receive({ WaitTimeSeconds: 20 }, abort.signal));
    await delay(A_MOMENT_MS);
    abort.abort();
    expect((await poll).name).toBe('AbortError');
    await delay(A_MOMENT_MS);
    await queue.send('a');
    const [message] = await queue.receive({
      WaitTimeSeconds: 20,
      MessageSystemAttributeNames: ['ApproximateReceiveCount'],
    });
    expect(message?.Attributes).toEqual({ ApproximateReceiveCount: '1' });
  });
});
