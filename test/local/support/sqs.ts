/** A local SQS with a clock that the test drives, and short forms of the calls that most tests make. */
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type Message,
  type QueueAttributeName,
  type ReceiveMessageCommandInput,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { NewMessage } from '../../../local/sqs/queue.js';
import { createSqsService } from '../../../local/sqs/service.js';
import { SqsStore, type SqsStoreOptions } from '../../../local/sqs/store.js';
import { startTestCloud, type TestCloud } from './cloud.js';
import { FakeClock } from './fake-clock.js';

export interface TestSqs {
  readonly cloud: TestCloud;
  readonly store: SqsStore;
  readonly clock: FakeClock;
  readonly client: SQSClient;
  close(): Promise<void>;
}

export async function startTestSqs(options: Omit<SqsStoreOptions, 'clock'> = {}): Promise<TestSqs> {
  const clock = new FakeClock();
  const store = new SqsStore({ ...options, clock });
  const cloud = await startTestCloud({ sqs: createSqsService({ store }) });
  return {
    cloud,
    store,
    clock,
    client: cloud.sqs(),
    close: async () => {
      await cloud.close();
      store.close();
    },
  };
}

type Attributes = Partial<Record<QueueAttributeName, string>>;

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

  /** At most ten. */
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

  /** For a test that knows that there is one. */
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
}

export const bodiesOf = (messages: readonly Message[]): string[] => messages.map((message) => message.Body ?? '');

/** A message as the service reads it. */
export const newMessage = (body: string, delayMs = 0): NewMessage => ({
  content: { body, groupId: undefined, attributes: undefined, traceHeader: undefined },
  delayMs,
});

/** The error of a call that must fail. */
export async function errorOf(call: Promise<unknown>): Promise<Error & { $metadata?: { httpStatusCode?: number } }> {
  try {
    await call;
  } catch (error) {
    return error as Error;
  }
  throw new Error('The call succeeded.');
}
