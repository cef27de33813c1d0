/**
 * The senders that put a dataset's items into a queue: `spotpool submit`, or item by item. Each reads the same file
 * of lines.
 */
import { createReadStream, readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { makeS3Client, makeSqsClient } from '../../../aws/clients.js';
import { S3ObjectStore } from '../../../aws/s3-object-store.js';
import { S3SourceObjects } from '../../../aws/source-objects.js';
import { SqsJobQueue } from '../../../aws/sqs-job-queue.js';
import { DEFAULT_JOB_OPTIONS } from '../../../core/contract/job.js';
import { SPOTPOOL_VERSION } from '../../../core/contract/version.js';
import { submitJob } from '../../../runner/submit/submit-job.js';
import { systemClock } from '../../../runner/wiring/clock.js';
import { mostResidentBytesOf } from '../../support/usage.js';

export interface SenderSetup {
  readonly how: 'submit' | 'one-by-one' | 'sqs-producer';
  readonly queueUrl: string;
  readonly bucket: string;
  readonly endpoint: string;
  readonly region: string;
  readonly dataset: string;
  readonly items: number;
  /** The number of concurrent calls of sqs-producer's `send`. */
  readonly atOnce: number;
  /** The number of items per batch of submit; by default submit chooses it. */
  readonly batchItems?: number;
  readonly model: string;
  /** The folder that sqs-producer is installed in. */
  readonly installed: string;
}

/** The output of a sender. */
export interface SenderResult {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly messages: number;
  readonly residentBytes: number;
}

export async function send(setup: SenderSetup): Promise<void> {
  const startedMs = performance.now();
  const before = process.cpuUsage();
  const messages = await HOW[setup.how](setup);
  const { user, system } = process.cpuUsage(before);
  const result: SenderResult = {
    seconds: (performance.now() - startedMs) / 1_000,
    cpuSeconds: (user + system) / 1e6,
    messages,
    residentBytes: mostResidentBytesOf(process.pid),
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
  process.exit(0);
}

const HOW: Readonly<Record<SenderSetup['how'], (setup: SenderSetup) => Promise<number>>> = {
  submit,
  'one-by-one': oneByOne,
  'sqs-producer': withProducer,
};

async function submit(setup: SenderSetup): Promise<number> {
  const s3 = makeS3Client(setup);
  const { manifest } = await submitJob(
    {
      dataset: { arguments: [setup.dataset], cwd: process.cwd() },
      model: { argument: setup.model, cwd: process.cwd(), searchPath: process.env['PATH'] ?? '' },
      sizes: setup.batchItems === undefined ? {} : { batchItems: setup.batchItems },
      options: DEFAULT_JOB_OPTIONS,
      createdBy: 'bench',
      versions: { spotpool: SPOTPOOL_VERSION, node: process.versions.node },
    },
    {
      store: new S3ObjectStore(s3, setup.bucket),
      queue: new SqsJobQueue(makeSqsClient(setup), setup.queueUrl),
      sources: new S3SourceObjects(s3),
      clock: systemClock,
      random: Math.random,
    },
    { onEvent: () => undefined, signal: new AbortController().signal },
  );
  if (manifest.dataset.items !== setup.items) throw new Error(`${manifest.dataset.items} items were submitted.`);
  return manifest.batches;
}

async function oneByOne({ dataset, items, queueUrl: QueueUrl, ...own }: SenderSetup): Promise<number> {
  const sqs = makeSqsClient(own);
  let sent = 0;
  for await (const MessageBody of createInterface({ input: createReadStream(dataset) })) {
    if (sent === items) break;
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    sent += 1;
  }
  return sent;
}

/** The part of the package's interface that is used here, according to its README. */
interface ProducerModule {
  readonly Producer: {
    create(options: { readonly queueUrl: string; readonly sqs: SQSClient }): {
      send(messages: readonly { readonly id: string; readonly body: string }[]): Promise<unknown>;
    };
  };
}

async function withProducer(setup: SenderSetup): Promise<number> {
  const entry = path.join(setup.installed, 'node_modules/sqs-producer/dist/esm/index.js');
  const { Producer } = (await import(pathToFileURL(entry).href)) as ProducerModule;
  const sqs = makeSqsClient(setup);
  const lines = readFileSync(setup.dataset, 'utf8').split('\n').slice(0, setup.items);
  const messages = lines.map((body, n) => ({ id: String(n), body }));
  const share = Math.ceil(messages.length / setup.atOnce);
  await Promise.all(
    Array.from({ length: setup.atOnce }, (_, n) =>
      Producer.create({ queueUrl: setup.queueUrl, sqs }).send(messages.slice(n * share, (n + 1) * share)),
    ),
  );
  return messages.length;
}
