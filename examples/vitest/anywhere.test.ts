/**
 * Tests of your own code on spotpool's local cloud. With the variable ENDPOINT they run on LocalStack instead:
 *
 *   npx vitest run examples/vitest/anywhere.test.ts
 *   ENDPOINT=http://127.0.0.1:4566 npx vitest run examples/vitest/anywhere.test.ts
 */
import { randomUUID } from 'node:crypto';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteQueueCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { startLocalCloud } from 'spotpool/local';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

interface Cloud {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  close(): Promise<void>;
}

/** A LocalStack that is running may hold other data, so the tests use new names and delete what they create. */
async function openCloud(endpoint = process.env['ENDPOINT']): Promise<Cloud> {
  if (endpoint === undefined) return startLocalCloud({ seed: 1 });
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  return { endpoint, region: 'us-east-1', credentials, close: async () => undefined };
}

let cloud: Cloud;
let sqs: SQSClient;
let s3: S3Client;
let queue: string;
let bucket: string;

beforeAll(async () => {
  cloud = await openCloud();
  const { endpoint, region, credentials } = cloud;
  // By default an SQS client sends requests to the host in the queue's URL, and LocalStack puts a public name there.
  sqs = new SQSClient({ endpoint, region, credentials, useQueueUrlAsEndpoint: false });
  s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
});
beforeEach(async () => {
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: `work-${randomUUID()}` }));
  queue = QueueUrl;
  bucket = `results-${randomUUID()}`;
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
});
afterEach(async () => {
  await sqs.send(new DeleteQueueCommand({ QueueUrl: queue }));
  await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'results/7' }));
  await s3.send(new DeleteBucketCommand({ Bucket: bucket }));
});
afterAll(async () => {
  sqs.destroy();
  s3.destroy();
  await cloud.close();
});

const take = async (): Promise<Message | undefined> => {
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: queue, WaitTimeSeconds: 2 }));
  return Messages?.[0];
};

describe('a suite of your own', () => {
  test('a message that one worker hands back is received by the next one at once', async () => {
    await sqs.send(new SendMessageCommand({ QueueUrl: queue, MessageBody: 'batch 7' }));
    const held = await take();
    expect(held?.Body).toBe('batch 7');
    await sqs.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: queue,
        ReceiptHandle: held?.ReceiptHandle,
        VisibilityTimeout: 0,
      }),
    );
    expect((await take())?.Body).toBe('batch 7');
  });

  test('of two writers of the same result one wins, and nobody overwrites it', async () => {
    const write = (Body: string) =>
      s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'results/7', Body, IfNoneMatch: '*' }));
    const writes = await Promise.allSettled([write('mine'), write('yours')]);
    expect(writes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await expect(write('late')).rejects.toMatchObject({ name: 'PreconditionFailed' });
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'results/7' }));
    expect(await Body?.transformToString()).toBe(writes[0]?.status === 'fulfilled' ? 'mine' : 'yours');
  });
});
