/**
 * Creates through the SDK, on the local cloud or an emulator of AWS, what the CDK stack creates on AWS: queues, bucket, launch template and fleet.
 * A second run under the same name finds what the first one made, and adds a version to the launch template when it changed.
 */
import type { EC2Client } from '@aws-sdk/client-ec2';
import {
  type BucketLocationConstraint,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3';
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { DEFAULT_SCHEDULE_GROUP, type StackConfig } from '../core/contract/stack.js';
import { definedFields } from '../core/defined-fields.js';
import { isAlreadyThere, isBucketMissing, isQueueMissing } from './errors.js';
import { type FleetOptions, provisionFleet } from './fleet-provisioner.js';

/** A backstop only, and the most that SQS allows: the worker counts attempts itself (R4). */
const MAX_RECEIVE_COUNT = 1_000;
const DAY_SECONDS = 86_400;
/**
 * The queue keeps messages a day less than the dead-letter queue does. The age of a dead letter counts from when it was first sent, and fourteen
 * days are the most that SQS allows.
 */
const QUEUE_RETENTION_DAYS = 13;
const DEAD_LETTER_RETENTION_DAYS = 14;
/** A schedule must name a role, although emulators check none. */
export const EMULATOR_SCHEDULER_ROLE = 'arn:aws:iam::000000000000:role/spotpool-scheduler';

export interface StackClients {
  readonly sqs: SQSClient;
  readonly s3: S3Client;
  readonly ec2: EC2Client;
}

export interface ProvisionOptions extends Omit<FleetOptions, 'kind'> {
  readonly clients: StackClients;
  /** Selects one of EC2's two fleet APIs. An emulator may keep only one kind of fleet. */
  readonly fleet: FleetOptions['kind'];
  readonly maxWorkers: number;
  /** Returns the boot script as plain text. It is called when queue and bucket exist. */
  readonly userData: (made: Pick<StackConfig, 'queueUrl' | 'bucket' | 'region'>) => string | Promise<string>;
  /** The provisioner passes it on to its result. */
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

export async function provisionStack(options: ProvisionOptions, signal: AbortSignal): Promise<StackConfig> {
  const { clients, name, region, maxWorkers, endpoint, credentials } = options;
  const { queueUrl, deadLetterQueueUrl } = await makeQueues(clients.sqs, name, signal);
  const bucket = await makeBucket(clients.s3, { name, region }, signal);
  const userData = await options.userData({ queueUrl, bucket, region });
  const fleetId = await provisionFleet(clients.ec2, { ...options, kind: options.fleet }, userData, signal);
  return {
    name,
    region,
    queueUrl,
    deadLetterQueueUrl,
    bucket,
    fleetId,
    maxWorkers,
    scheduler: { roleArn: EMULATOR_SCHEDULER_ROLE, groupName: DEFAULT_SCHEDULE_GROUP },
    ...definedFields({ endpoint, credentials }),
  };
}

/** Deletes the queues and the bucket of `provisionStack`, with their messages and objects. It ignores those that are already gone. */
export async function deleteStores(
  clients: Pick<StackClients, 'sqs' | 's3'>,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  for (const queueName of [inputQueueName(name), deadLetterQueueName(name)]) {
    try {
      const { QueueUrl } = await clients.sqs.send(new GetQueueUrlCommand({ QueueName: queueName }), {
        abortSignal: signal,
      });
      await clients.sqs.send(new DeleteQueueCommand({ QueueUrl }), { abortSignal: signal });
    } catch (error) {
      if (!isQueueMissing(error)) throw error;
    }
  }
  try {
    await emptyBucket(clients.s3, bucketName(name), signal);
    await clients.s3.send(new DeleteBucketCommand({ Bucket: bucketName(name) }), { abortSignal: signal });
  } catch (error) {
    if (!isBucketMissing(error)) throw error;
  }
}

async function emptyBucket(client: S3Client, Bucket: string, abortSignal: AbortSignal): Promise<void> {
  for (;;) {
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }), { abortSignal });
    if (Contents.length === 0) return;
    const Objects = Contents.map(({ Key }) => ({ Key }));
    const { Errors } = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }), {
      abortSignal,
    });
    const [failed] = Errors ?? [];
    if (failed !== undefined)
      throw new Error(`Could not delete ${failed.Key} from the bucket ${Bucket}: ${failed.Message}`);
  }
}

const inputQueueName = (stack: string): string => `${stack}-input`;
const deadLetterQueueName = (stack: string): string => `${stack}-dead-letters`;
const bucketName = (stack: string): string => `${stack}-results`;

async function makeQueues(client: SQSClient, name: string, signal: AbortSignal) {
  const deadLetterQueueUrl = await makeQueue(
    client,
    deadLetterQueueName(name),
    { MessageRetentionPeriod: String(DEAD_LETTER_RETENTION_DAYS * DAY_SECONDS) },
    signal,
  );
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: deadLetterQueueUrl, AttributeNames: ['QueueArn'] }),
    { abortSignal: signal },
  );
  const redrive = { deadLetterTargetArn: Attributes?.QueueArn, maxReceiveCount: MAX_RECEIVE_COUNT };
  const queueUrl = await makeQueue(
    client,
    inputQueueName(name),
    {
      MessageRetentionPeriod: String(QUEUE_RETENTION_DAYS * DAY_SECONDS),
      RedrivePolicy: JSON.stringify(redrive),
    },
    signal,
  );
  return { queueUrl, deadLetterQueueUrl };
}

async function makeQueue(
  client: SQSClient,
  queueName: string,
  attributes: Record<string, string>,
  signal: AbortSignal,
): Promise<string> {
  try {
    const made = await client.send(new CreateQueueCommand({ QueueName: queueName, Attributes: attributes }), {
      abortSignal: signal,
    });
    return needed(made.QueueUrl, `the URL of queue ${queueName}`);
  } catch (error) {
    // The queue exists with other attributes, which the user may have chosen. They stay.
    if (!isAlreadyThere(error)) throw error;
    const found = await client.send(new GetQueueUrlCommand({ QueueName: queueName }), { abortSignal: signal });
    return needed(found.QueueUrl, `the URL of queue ${queueName}`);
  }
}

async function makeBucket(
  client: S3Client,
  { name, region }: { readonly name: string; readonly region: string },
  signal: AbortSignal,
): Promise<string> {
  const bucket = bucketName(name);
  // S3 wants every region to be named except us-east-1. https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
  const constraint =
    region === 'us-east-1'
      ? {}
      : { CreateBucketConfiguration: { LocationConstraint: region as BucketLocationConstraint } };
  try {
    await client.send(new CreateBucketCommand({ Bucket: bucket, ...constraint }), { abortSignal: signal });
  } catch (error) {
    if (!isAlreadyThere(error)) throw error;
  }
  return bucket;
}

function needed(value: string | undefined, what: string): string {
  if (value === undefined) throw new Error(`SQS's answer lacks ${what}.`);
  return value;
}
