/**
 * The loops that the worker is compared with, on the same queue, messages, input objects and slot.
 *
 * `one-by-one` receives one message, downloads, computes, uploads and deletes it, as a worker of
 * Distributed-Something does according to its description. `sqs-consumer` is the npm package with its largest
 * batch. It passes all ten messages to the handler at once, so that downloads and uploads overlap with the slot,
 * which computes one at a time. The queue's own visibility is an hour, so that no loop needs to extend a lease.
 */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { DeleteMessageCommand, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { makeS3Client, makeSqsPollClient } from '../../../aws/clients.js';
import { decodeBatchMessage } from '../../../core/contract/batch-message.js';
import { outcomeKey } from '../../../core/contract/keys.js';
import { type PeerSlot, startSlot } from './slot.js';

export interface LoopSetup {
  readonly queueUrl: string;
  readonly bucket: string;
  readonly endpoint: string;
  readonly region: string;
  readonly model: string;
  /** The folder that sqs-consumer is installed in. */
  readonly installed: string;
}

export type Handle = (body: string) => Promise<void>;

const LONG_POLL_SECONDS = 20;
/** SQS returns at most ten messages. */
const LARGEST_BATCH = 10;

export async function oneByOne(setup: LoopSetup): Promise<void> {
  const handle = handlerOf(setup, await startSlot(setup.model));
  const sqs = makeSqsPollClient(setup);
  ready();
  const QueueUrl = setup.queueUrl;
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 1, WaitTimeSeconds: LONG_POLL_SECONDS }),
    );
    for (const { Body = '', ReceiptHandle } of Messages) {
      await handle(Body);
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
  }
}

/** The part of the package's interface that is used here, according to its README. */
interface ConsumerModule {
  readonly Consumer: {
    create(options: {
      readonly queueUrl: string;
      readonly sqs: SQSClient;
      readonly batchSize: number;
      readonly waitTimeSeconds: number;
      readonly handleMessage: (message: { readonly Body?: string }) => Promise<unknown>;
    }): { on(event: string, listener: (error: Error) => void): void; start(): void };
  };
}

export async function onSqsConsumer(setup: LoopSetup): Promise<void> {
  const entry = path.join(setup.installed, 'node_modules/sqs-consumer/dist/esm/index.js');
  const { Consumer } = (await import(pathToFileURL(entry).href)) as ConsumerModule;
  const handle = handlerOf(setup, await startSlot(setup.model));
  const consumer = Consumer.create({
    queueUrl: setup.queueUrl,
    sqs: makeSqsPollClient(setup),
    batchSize: LARGEST_BATCH,
    waitTimeSeconds: LONG_POLL_SECONDS,
    handleMessage: async (message) => {
      await handle(message.Body ?? '');
      return message;
    },
  });
  for (const event of ['error', 'processing_error', 'timeout_error']) {
    consumer.on(event, (error) => {
      process.stderr.write(`${error.message}\n`);
      process.exit(1);
    });
  }
  ready();
  consumer.start();
}

function handlerOf(setup: LoopSetup, slot: PeerSlot): Handle {
  const s3 = makeS3Client(setup);
  const Bucket = setup.bucket;
  return async (body) => {
    const message = decodeBatchMessage(body);
    if (message === undefined) throw new Error(`This is not a message: ${body}`);
    const Range = `bytes=${message.startByte}-${message.endByte - 1}`;
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: message.key, Range }));
    const lines = ((await Body?.transformToString()) ?? '').trimEnd().split('\n');
    const outcome = await slot.compute(lines, message.firstIndex);
    await s3.send(new PutObjectCommand({ Bucket, Key: outcomeKey(message.job, message.batch), Body: outcome }));
  };
}

/** The benchmark waits for this line. */
const ready = (): void => void process.stdout.write('ready\n');
