/** Faults that are set over HTTP while the cloud runs, as a client sees them. */
import { DescribeFleetsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type LocalCloud, startLocalCloud } from '../../../local/cloud.js';
import { basicAuthorization } from '../../../local/http/basic.js';
import { parseOptions } from '../../../local/options.js';
import { errorOf } from '../../support/error-of.js';

let cloud: LocalCloud;
let sqs: SQSClient;
let s3: S3Client;
let ec2: EC2Client;
let queue: string;

beforeAll(async () => {
  cloud = await startLocalCloud(parseOptions([]));
  const config = {
    endpoint: cloud.endpoint,
    region: 'us-east-1',
    credentials: cloud.accessKey,
    maxAttempts: 1,
  };
  sqs = new SQSClient(config);
  s3 = new S3Client({ ...config, forcePathStyle: true });
  ec2 = new EC2Client(config);
  queue = (await sqs.send(new CreateQueueCommand({ QueueName: 'queue' }))).QueueUrl ?? '';
  await s3.send(new CreateBucketCommand({ Bucket: 'bucket' }));
});
afterAll(async () => {
  for (const client of [sqs, s3, ec2]) client.destroy();
  await cloud.close();
});
afterEach(() => admin('DELETE', 'faults'));

async function admin(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${cloud.endpoint}/_local/${path}`, {
    method,
    headers: { authorization: basicAuthorization(cloud.accessKey) },
    body: JSON.stringify(body) ?? null,
  });
  return { status: response.status, body: await response.json() };
}

const put = (key: string) => s3.send(new PutObjectCommand({ Bucket: 'bucket', Key: key, Body: 'body' }));
const get = (key: string) => s3.send(new GetObjectCommand({ Bucket: 'bucket', Key: key }));
const send = () => sqs.send(new SendMessageCommand({ QueueUrl: queue, MessageBody: 'body' }));
const describeFleets = () => ec2.send(new DescribeFleetsCommand({}));
async function counts(): Promise<{ visible: number; inFlight: number }> {
  const { Attributes: all } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queue, AttributeNames: ['All'] }),
  );
  return {
    visible: Number(all?.['ApproximateNumberOfMessages']),
    inFlight: Number(all?.['ApproximateNumberOfMessagesNotVisible']),
  };
}

test.each([
  ['sqs', 'SendMessage', 'throttle', send, { code: 'RequestThrottled', status: 400 }],
  ['sqs', 'SendMessage', '500', send, { code: 'InternalFailure', status: 500 }],
  ['sqs', 'SendMessage', '503', send, { code: 'ServiceUnavailable', status: 503 }],
  ['s3', 'PutObject', 'throttle', () => put('a'), { code: 'SlowDown', status: 503 }],
  ['s3', 'PutObject', '500', () => put('a'), { code: 'InternalError', status: 500 }],
  ['s3', 'PutObject', '503', () => put('a'), { code: 'ServiceUnavailable', status: 503 }],
  ['ec2', 'DescribeFleets', 'throttle', describeFleets, { code: 'RequestLimitExceeded', status: 503 }],
  ['ec2', 'DescribeFleets', '500', describeFleets, { code: 'InternalError', status: 500 }],
  ['ec2', 'DescribeFleets', '503', describeFleets, { code: 'Unavailable', status: 503 }],
] as const)(
  '%s answers a %s that meets a %s as AWS does, and does nothing',
  async (service, action, fault, call, error) => {
    expect(await admin('POST', 'faults', { service, action, fault, times: 1 })).toMatchObject({ status: 200 });
    expect(await errorOf(call())).toMatchObject(error);
    expect(await errorOf(get('a'))).toMatchObject({ code: 'NoSuchKey' });
    expect(await counts()).toEqual({ visible: 0, inFlight: 0 });
  },
);

test('a reset before an action leaves no effect, a reset after it leaves the effect', async () => {
  await admin('POST', 'faults', { service: 's3', action: 'PutObject', fault: 'reset-before', times: 1 });
  await admin('POST', 'faults', { service: 's3', action: 'PutObject', fault: 'reset-after', times: 1 });
  expect(await errorOf(put('before'))).toMatchObject({
    code: expect.stringMatching(/ECONNRESET|Error/) as string,
    status: 0,
  });
  expect(await errorOf(get('before'))).toMatchObject({ code: 'NoSuchKey' });
  expect(await errorOf(put('after'))).toMatchObject({ status: 0 });
  expect(await (await get('after')).Body?.transformToString()).toBe('body');
});

test('messages stay in flight when the answer to their receive is lost, as on AWS', async () => {
  await send();
  await admin('POST', 'faults', { service: 'sqs', action: 'ReceiveMessage', fault: 'reset-after', times: 1 });
  const receive = new ReceiveMessageCommand({ QueueUrl: queue, VisibilityTimeout: 1 });
  expect(await errorOf(sqs.send(receive))).toMatchObject({ status: 0 });
  expect(await counts()).toEqual({ visible: 0, inFlight: 1 });
  const again = new ReceiveMessageCommand({ QueueUrl: queue, WaitTimeSeconds: 5, VisibilityTimeout: 1 });
  expect((await sqs.send(again)).Messages).toHaveLength(1);
});

test('rules are listed with their counts and removed one by one, and invalid rules are refused with an explanation', async () => {
  const added = await admin('POST', 'faults', { service: 'ec2', fault: 'slow', delayMs: [1, 2] });
  await describeFleets();
  const [fault] = ((await admin('GET', 'faults')).body as { faults: { id: string }[] }).faults;
  expect(fault).toMatchObject({ ...(added.body as object), matched: 1, struck: 1 });
  expect(await admin('DELETE', `faults/${fault?.id}`)).toEqual({ status: 200, body: { faults: [] } });
  expect((await admin('DELETE', `faults/${fault?.id}`)).status).toBe(404);
  expect(await admin('POST', 'faults', { service: 'ec2', fault: 'slow', delays: 1 })).toMatchObject({ status: 400 });
  expect(await admin('POST', 'faults', { service: 'ec2' })).toMatchObject({ status: 400 });
});

test('imperfections can be set and reset', async () => {
  expect(await admin('POST', 'imperfections', { sqs: { counterLagMs: 5 } })).toMatchObject({
    status: 200,
    body: { sqs: { counterLagMs: 5, duplicateRate: 0 } },
  });
  expect(await admin('POST', 'imperfections', { sqs: { counterLagMs: -5 } })).toMatchObject({ status: 400 });
  expect(await admin('DELETE', 'imperfections')).toMatchObject({ body: { sqs: { counterLagMs: 0 } } });
});
