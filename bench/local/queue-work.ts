/** The operations on queues that the benchmark measures. */
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { atOnce } from '../support/rounds.js';

const BATCH = 10;
/** The body resembles a batch message of the product. */
const BODY = JSON.stringify({ v: 1, job: '20260101-000000-abcd', batch: '00000000', padding: 'x'.repeat(120) });
const SENDERS = 8;

export async function makeQueue(sqs: SQSClient, name: string): Promise<string> {
  const { QueueUrl } = await sqs.send(
    new CreateQueueCommand({ QueueName: name, Attributes: { VisibilityTimeout: '3600' } }),
  );
  return QueueUrl ?? '';
}

export const dropQueue = (sqs: SQSClient, QueueUrl: string): Promise<unknown> =>
  sqs.send(new DeleteQueueCommand({ QueueUrl }));

export async function send(sqs: SQSClient, QueueUrl: string, messages: number): Promise<void> {
  const Entries = Array.from({ length: BATCH }, (_, n) => ({ Id: String(n), MessageBody: BODY }));
  await atOnce(messages / BATCH, SENDERS, async () => {
    const { Failed } = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    if ((Failed?.length ?? 0) > 0) throw new Error(`A message was refused: ${JSON.stringify(Failed)}`);
  });
}

/**
 * Receives ten messages at a time and deletes them, with the given number of clients, until the given number of
 * messages is gone.
 */
export async function receiveAndDelete(
  sqs: SQSClient,
  QueueUrl: string,
  { messages, clients }: { readonly messages: number; readonly clients: number },
): Promise<void> {
  let gone = 0;
  let emptyInARow = 0;
  const client = async (): Promise<void> => {
    while (gone < messages) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: Math.min(BATCH, messages) }),
      );
      emptyInARow = Messages.length === 0 ? emptyInARow + 1 : 0;
      if (emptyInARow > MOST_EMPTY_RECEIVES)
        throw new Error(`${messages - gone} of ${messages} messages did not arrive`);
      if (Messages.length === 0) continue;
      gone += Messages.length;
      const Entries = Messages.map(({ ReceiptHandle }, n) => ({ Id: String(n), ReceiptHandle }));
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
}

/** After so many empty receives, missing messages are lost, not late. */
const MOST_EMPTY_RECEIVES = 1_000;

/** Returns the milliseconds of each of `calls` sequential calls. */
export async function countTimes(sqs: SQSClient, QueueUrl: string, calls: number): Promise<readonly number[]> {
  const times: number[] = [];
  for (let n = 0; n < calls; n += 1) {
    const startedMs = performance.now();
    await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
    times.push(performance.now() - startedMs);
  }
  return times;
}
