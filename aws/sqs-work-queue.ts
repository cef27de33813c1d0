/** Implements `WorkQueue` of worker/ports.ts on SQS. Polls have a client of their own, so that a beat never waits behind one. */
import {
  type BatchResultErrorEntry,
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { LeaseCallResult, ReceivedMessage, WorkQueue } from '../worker/ports.js';
import { isLeaseLost } from './errors.js';

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
const MAX_ENTRIES_PER_CALL = 10;

export interface SqsWorkQueueOptions {
  readonly client: SQSClient;
  readonly pollClient: SQSClient;
  readonly queueUrl: string;
  /** Gets the error of each call that answers `failed`. */
  readonly onFailure?: (doing: string, error: Error) => void;
}

interface BatchReply {
  readonly Failed?: BatchResultErrorEntry[] | undefined;
}

export class SqsWorkQueue implements WorkQueue {
  readonly #options: SqsWorkQueueOptions;

  constructor(options: SqsWorkQueueOptions) {
    this.#options = options;
  }

  async receive(options: Parameters<WorkQueue['receive']>[0]): Promise<readonly ReceivedMessage[]> {
    const command = new ReceiveMessageCommand({
      QueueUrl: this.#options.queueUrl,
      MaxNumberOfMessages: Math.min(options.maxMessages, MAX_ENTRIES_PER_CALL),
      WaitTimeSeconds: options.waitSeconds,
      VisibilityTimeout: options.visibilityTimeoutSeconds,
      MessageSystemAttributeNames: ['ApproximateReceiveCount'],
    });
    const reply = await this.#options.pollClient.send(command, { abortSignal: options.signal });
    return (reply.Messages ?? []).map((message) => ({
      messageId: message.MessageId ?? '',
      receiptHandle: message.ReceiptHandle ?? '',
      body: message.Body ?? '',
      receiveCount: Number(message.Attributes?.ApproximateReceiveCount ?? 1),
    }));
  }

  changeVisibility(
    changes: Parameters<WorkQueue['changeVisibility']>[0],
    signal: AbortSignal,
  ): Promise<readonly LeaseCallResult[]> {
    return this.#inTens('changing visibility', changes, (some) => {
      const entries = some.map((change, index) => ({
        Id: String(index),
        ReceiptHandle: change.receiptHandle,
        VisibilityTimeout: change.visibilityTimeoutSeconds,
      }));
      const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: this.#options.queueUrl, Entries: entries });
      return this.#options.client.send(command, { abortSignal: signal });
    });
  }

  delete(receiptHandles: readonly string[], signal: AbortSignal): Promise<readonly LeaseCallResult[]> {
    return this.#inTens('deleting a message', receiptHandles, (some) => {
      const entries = some.map((handle, index) => ({ Id: String(index), ReceiptHandle: handle }));
      const command = new DeleteMessageBatchCommand({ QueueUrl: this.#options.queueUrl, Entries: entries });
      return this.#options.client.send(command, { abortSignal: signal });
    });
  }

  async #inTens<Entry>(
    doing: string,
    entries: readonly Entry[],
    send: (some: readonly Entry[]) => Promise<BatchReply>,
  ): Promise<readonly LeaseCallResult[]> {
    const calls: Promise<readonly LeaseCallResult[]>[] = [];
    for (let start = 0; start < entries.length; start += MAX_ENTRIES_PER_CALL) {
      calls.push(this.#call(doing, entries.slice(start, start + MAX_ENTRIES_PER_CALL), send));
    }
    return (await Promise.all(calls)).flat();
  }

  async #call<Entry>(
    doing: string,
    some: readonly Entry[],
    send: (some: readonly Entry[]) => Promise<BatchReply>,
  ): Promise<readonly LeaseCallResult[]> {
    const results = some.map((): LeaseCallResult => 'ok');
    try {
      const reply = await send(some);
      for (const failure of reply.Failed ?? []) {
        results[Number(failure.Id)] = this.#resultOf(doing, failure.Code ?? '', failure.Message ?? '');
      }
    } catch (error) {
      const fault = error instanceof Error ? error : new Error(String(error));
      return some.map(() => this.#resultOf(doing, fault.name, fault.message));
    }
    return results;
  }

  #resultOf(doing: string, code: string, message: string): LeaseCallResult {
    if (isLeaseLost(code, message)) return 'lost';
    this.#options.onFailure?.(doing, new Error(`${code}: ${message}`));
    return 'failed';
  }
}
