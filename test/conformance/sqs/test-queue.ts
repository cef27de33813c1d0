/** A queue through the SDK alone, with short forms of the calls that most tests make. */
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type Message,
  type QueueAttributeName,
  type ReceiveMessageCommandInput,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll } from 'vitest';
import { type ConformanceTarget, unique } from '../target.js';

export type Attributes = Partial<Record<QueueAttributeName, string>>;

export class TestQueue {
  constructor(
    readonly client: SQSClient,
    readonly url: string,
  ) {}

  static async create(client: SQSClient, name: string, attributes: Attributes = {}): Promise<TestQueue> {
    const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
    return new TestQueue(client, QueueUrl ?? '');
  }

  async send(...bodies: readonly string[]): Promise<void> {
    for (const body of bodies) {
      await this.client.send(new SendMessageCommand({ QueueUrl: this.url, MessageBody: body }));
    }
  }

  /** Sends at most ten messages. */
  async sendTogether(bodies: readonly string[]): Promise<void> {
    const Entries = bodies.map((body, i) => ({ Id: String(i), MessageBody: body }));
    await this.client.send(new SendMessageBatchCommand({ QueueUrl: this.url, Entries }));
  }

  async receive(
    options: Omit<ReceiveMessageCommandInput, 'QueueUrl'> = {},
    abortSignal?: AbortSignal,
  ): Promise<Message[]> {
    const command = new ReceiveMessageCommand({ QueueUrl: this.url, ...options });
    const { Messages } = await this.client.send(command, abortSignal === undefined ? {} : { abortSignal });
    return Messages ?? [];
  }

  /** Receives one message; the test knows that there is one. */
  async receiveOne(options: Omit<ReceiveMessageCommandInput, 'QueueUrl'> = {}): Promise<Message> {
    const [message] = await this.receive(options);
    if (message === undefined) throw new Error('The queue gave nothing.');
    return message;
  }

  async delete(message: Message): Promise<void> {
    await this.client.send(
      new DeleteMessageCommand({ QueueUrl: this.url, ReceiptHandle: message.ReceiptHandle ?? '' }),
    );
  }

  async attributes(...names: readonly QueueAttributeName[]): Promise<Attributes> {
    const command = new GetQueueAttributesCommand({ QueueUrl: this.url, AttributeNames: [...names] });
    return (await this.client.send(command)).Attributes ?? {};
  }

  async counts(): Promise<{ visible: number; inFlight: number; delayed: number }> {
    const attributes = await this.attributes('All');
    return {
      visible: Number(attributes.ApproximateNumberOfMessages),
      inFlight: Number(attributes.ApproximateNumberOfMessagesNotVisible),
      delayed: Number(attributes.ApproximateNumberOfMessagesDelayed),
    };
  }

  /** Receives until it has the wanted number of messages, because any receive may return fewer than there are. */
  async gather(
    count: number,
    options: Omit<ReceiveMessageCommandInput, 'QueueUrl' | 'WaitTimeSeconds'> = {},
  ): Promise<Message[]> {
    const messages: Message[] = [];
    while (messages.length < count) {
      const some = await this.receive({ MaxNumberOfMessages: 10, ...options, WaitTimeSeconds: 20 });
      if (some.length === 0) break;
      messages.push(...some);
    }
    return messages;
  }

  async arn(): Promise<string> {
    return (await this.attributes('QueueArn')).QueueArn ?? '';
  }

  async remove(): Promise<void> {
    await this.client.send(new DeleteQueueCommand({ QueueUrl: this.url })).catch(() => undefined);
  }
}

export const bodiesOf = (messages: readonly Message[]): string[] => messages.map((message) => message.Body ?? '');

/** Creates queues under new names, and deletes them after the file's tests. */
export function newQueues(target: () => ConformanceTarget): (attributes?: Attributes) => Promise<TestQueue> {
  const made: TestQueue[] = [];
  afterAll(async () => {
    await Promise.all(made.splice(0).map((queue) => queue.remove()));
  });
  return async (attributes = {}) => {
    const queue = await TestQueue.create(target().sqs, unique('queue'), attributes);
    made.push(queue);
    return queue;
  };
}

/** Counts are approximate, and on AWS they settle within minutes. */
export const COUNTS_SETTLE = { timeoutMs: 180_000 };
