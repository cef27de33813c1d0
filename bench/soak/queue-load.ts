/** Load on queues: messages of all sizes, aborted polls, handles that expire, queues that are created and deleted. */
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { setTimeout as delay } from 'node:timers/promises';
import { chance, type Lane, repeat, upTo } from './lane.js';

const RECEIVERS = 3;
const LEASE_SECONDS = '5';
/** Above this number senders wait, because the queue's length must not grow. */
const MOST_WAITING = 3_000;
const MOST_BODY_BYTES = 4_096;

export async function queueLoad(lane: Lane, sqs: SQSClient, name: string): Promise<void> {
  const attributes = { VisibilityTimeout: LEASE_SECONDS };
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
  const state = { waiting: 0 };
  const receivers = Array.from({ length: RECEIVERS }, () =>
    repeat(lane, 'receive', () => receive(lane, sqs, QueueUrl, state)),
  );
  await Promise.all([
    ...receivers,
    repeat(lane, 'send', async () => {
      if (state.waiting > MOST_WAITING) return void (await delay(50));
      const Entries = Array.from({ length: 10 }, (_, n) => ({
        Id: String(n),
        MessageBody: 'x'.repeat(1 + upTo(MOST_BODY_BYTES)),
        ...(chance(0.1) ? { DelaySeconds: 1 } : {}),
      }));
      await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
      state.waiting += Entries.length;
    }),
    repeat(lane, 'queue', () => comeAndGo(sqs, `${name}-${upTo(1e9)}`)),
  ]);
  await sqs.send(new DeleteQueueCommand({ QueueUrl }));
}

async function receive(lane: Lane, sqs: SQSClient, QueueUrl: string, state: { waiting: number }): Promise<void> {
  const abort = chance(0.2) ? AbortSignal.timeout(1 + upTo(300)) : undefined;
  const abortSignal = abort === undefined ? lane.signal : AbortSignal.any([abort, lane.signal]);
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 1 + upTo(10), WaitTimeSeconds: upTo(3) }),
    { abortSignal },
  );
  const [first, ...others] = Messages;
  if (first === undefined) return;
  if (chance(0.1)) return; // The lease is left to expire.
  const { ReceiptHandle } = first;
  if (chance(0.3)) {
    const VisibilityTimeout = chance(0.5) ? 0 : 1 + upTo(3);
    await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout }));
  } else {
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    state.waiting -= 1;
  }
  if (others.length === 0) return;
  const Entries = others.map((message, n) => ({ Id: String(n), ReceiptHandle: message.ReceiptHandle }));
  await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
  state.waiting -= Entries.length;
}

async function comeAndGo(sqs: SQSClient, QueueName: string): Promise<void> {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName }));
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'left behind' }));
  await sqs.send(new DeleteQueueCommand({ QueueUrl }));
  await delay(500); // Names of deleted queues are remembered for a minute, as on AWS.
}
