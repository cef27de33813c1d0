/** The `JobQueue` port on SQS. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html */
import { setTimeout as delay } from 'node:timers/promises';
import {
  GetQueueAttributesCommand,
  SendMessageBatchCommand,
  type BatchResultErrorEntry,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { mapBounded } from '../core/map-bounded.js';
import type { JobQueue, QueueCounts } from '../runner/ports.js';

/** SQS accepts no more messages in a call. Our messages are far below its limit on bytes. */
const ENTRIES_PER_CALL = 10;
/** This many calls at once send some thousand messages a second, and stay well within the client's sockets. */
const CALLS_AT_ONCE = 8;
/** One entry is sent this many times at most, without the SDK's own retries of whole calls. */
const MAX_TRIES = 5;
const FIRST_WAIT_MS = 100;

export class SqsJobQueue implements JobQueue {
  readonly #client: SQSClient;
  readonly #queueUrl: string;

  constructor(client: SQSClient, queueUrl: string) {
    this.#client = client;
    this.#queueUrl = queueUrl;
  }

  async send(bodies: readonly string[], group: string, signal: AbortSignal): Promise<void> {
    const calls: (readonly string[])[] = [];
    for (let start = 0; start < bodies.length; start += ENTRIES_PER_CALL) {
      calls.push(bodies.slice(start, start + ENTRIES_PER_CALL));
    }
    await mapBounded(calls, CALLS_AT_ONCE, (entries) => this.#sendTen(entries, group, signal));
  }

  async counts(signal: AbortSignal): Promise<QueueCounts> {
    const { Attributes } = await this.#client.send(
      new GetQueueAttributesCommand({
        QueueUrl: this.#queueUrl,
        AttributeNames: [
          'ApproximateNumberOfMessages',
          'ApproximateNumberOfMessagesNotVisible',
          'ApproximateNumberOfMessagesDelayed',
        ],
      }),
      { abortSignal: signal },
    );
    return {
      visible: Number(Attributes?.ApproximateNumberOfMessages ?? 0),
      inFlight: Number(Attributes?.ApproximateNumberOfMessagesNotVisible ?? 0),
      delayed: Number(Attributes?.ApproximateNumberOfMessagesDelayed ?? 0),
    };
  }

  /** A call that succeeds may still list failed entries. Only those are sent again. */
  async #sendTen(bodies: readonly string[], group: string, signal: AbortSignal): Promise<void> {
    let unsent = bodies;
    for (let tries = 1; ; tries++) {
      const failed = await this.#sendOnce(unsent, group, signal);
      const [first] = failed;
      if (first === undefined) return;
      if (tries >= MAX_TRIES || failed.some(({ SenderFault }) => SenderFault === true)) {
        throw new Error(
          `SQS refused ${failed.length} message(s) of job ${group}: ${first.Code ?? 'no code'}, ${first.Message ?? 'no message'} (${tries} tries).`,
        );
      }
      const sent = unsent;
      unsent = failed.map(({ Id }) => sent[Number(Id)]).filter((body) => body !== undefined);
      await delay(FIRST_WAIT_MS * 2 ** (tries - 1), undefined, { signal });
    }
  }

  async #sendOnce(
    bodies: readonly string[],
    group: string,
    signal: AbortSignal,
  ): Promise<readonly BatchResultErrorEntry[]> {
    const { Failed } = await this.#client.send(
      new SendMessageBatchCommand({
        QueueUrl: this.#queueUrl,
        Entries: bodies.map((body, index) => ({ Id: String(index), MessageBody: body, MessageGroupId: group })),
      }),
      { abortSignal: signal },
    );
    return Failed ?? [];
  }
}
