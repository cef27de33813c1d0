/**
 * Your own code on a cloud of its own: spotpool's local cloud or, with one variable, LocalStack:
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

/** What runs already is asked as it is: names must be new, and nothing may stay. */
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
  // A client follows the host in a queue's URL unless it is told not to, and LocalStack's is a public one.
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

describe('users’ own suite', () => {
  test('work that is handed back is there for the next one at once', async () => {
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

  test('of two who write the same result one wins, and nobody writes over it', async () => {
    const write = (Body: string) =>
      s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'results/7', Body, IfNoneMatch: '*' }));
    const writes = await Promise.allSettled([write('mine'), write('yours')]);
    expect(writes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await expect(write('late')).rejects.toMatchObject({ name: 'PreconditionFailed' });
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'results/7' }));
    expect(await Body?.transformToString()).toBe(writes[0]?.status === 'fulfilled' ? 'mine' : 'yours');
  });
});
