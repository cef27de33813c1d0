/**
 * Requests that the SDK signs are accepted, whatever names they contain. Requests that it signs with a wrong key
 * are refused in each service's own words.
 */
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { GetScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { CreateQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Readable } from 'node:stream';
import { Credentials, type AccessKey } from '../../../local/http/credentials.js';
import { startServer, type RunningServer } from '../../../local/http/server.js';
import type { Service } from '../../../local/http/service.js';
import { createS3Service } from '../../../local/s3/service.js';
import { createSqsService } from '../../../local/sqs/service.js';
import { SqsStore } from '../../../local/sqs/store.js';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { errorOf } from '../../support/error-of.js';

const credentials = new Credentials();
const lasting = credentials.issue();
const temporary = credentials.issue('temporary');
const store = new SqsStore({});
const directory = mkdtempSync(path.join(tmpdir(), 'signed-'));
let server: RunningServer;
const clients: { destroy(): void }[] = [];

beforeAll(async () => {
  const services = {
    sqs: createSqsService({ store }),
    s3: createS3Service({ directory }),
    ec2: entering('ec2'),
    scheduler: entering('scheduler'),
  };
  server = await startServer(services, { port: 0, credentials });
});
afterAll(async () => {
  for (const client of clients) client.destroy();
  await server.close();
  store.close();
  rmSync(directory, { recursive: true });
});

/** A service that admits the request and does nothing else: the real services have their own tests. */
const entering = (name: 'ec2' | 'scheduler'): Service => ({
  name,
  handle: async (serviceRequest) => {
    const pieces: Buffer[] = [];
    for await (const piece of serviceRequest.request as AsyncIterable<Buffer>) pieces.push(piece);
    try {
      await serviceRequest.enter('Action', Buffer.concat(pieces));
      serviceRequest.response.end(name === 'ec2' ? '<Response/>' : '{"Name":"entered"}');
    } catch (error) {
      const { status, code, shape } = error as { status: number; code: string; shape: string };
      serviceRequest.response
        .writeHead(status, { 'x-amzn-errortype': shape })
        .end(name === 'ec2' ? `<Response><Errors><Error><Code>${code}</Code></Error></Errors></Response>` : '{}');
    }
  },
});

const configOf = (key: AccessKey) => ({
  endpoint: server.endpoint,
  region: 'eu-central-1',
  credentials: key,
  maxAttempts: 1,
});
function kept<Client extends { destroy(): void }>(client: Client): Client {
  clients.push(client);
  return client;
}
const s3 = (key: AccessKey = lasting): S3Client =>
  // With the default, a URL that is presigned without a body would be valid for an empty body only.
  kept(new S3Client({ ...configOf(key), forcePathStyle: true, requestChecksumCalculation: 'WHEN_REQUIRED' }));
const sqs = (key: AccessKey = lasting): SQSClient => kept(new SQSClient(configOf(key)));
const ec2 = (key: AccessKey = lasting): EC2Client => kept(new EC2Client(configOf(key)));
const scheduler = (key: AccessKey = lasting): SchedulerClient => kept(new SchedulerClient(configOf(key)));

describe.each([
  ['lasting', lasting],
  ['temporary', temporary],
])('a %s key', (kind, key) => {
  const Bucket = `${kind}-bucket`;
  const KEYS = [
    'plain',
    'a b+c&d=e?f#g',
    "é✓/ü/☃!'()*~",
    '../dots/./and//slashes/',
    'percent%2Fand%zz',
    '[brackets]{braces}|^`"<>\\',
    '$file,with;all:of@them',
  ];

  test('puts and gets objects, streamed or not, under all kinds of keys', async () => {
    const client = s3(key);
    await client.send(new CreateBucketCommand({ Bucket }));
    for (const Key of KEYS) {
      await client.send(
        new PutObjectCommand({ Bucket, Key, Body: Key, Metadata: { spaces: 'a   b', tab: 'a \t b', n: 'x' } }),
      );
      expect(await (await client.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString()).toBe(Key);
    }
    const stream = { Bucket, Key: 'stream', Body: Readable.from([Buffer.from('body')]), ContentLength: 4 };
    await client.send(new PutObjectCommand(stream));
    const { Contents } = await client.send(
      new ListObjectsV2Command({ Bucket, Prefix: 'a b+c&d=e?f', StartAfter: 'a *' }),
    );
    expect(Contents?.map((object) => object.Key)).toEqual(['a b+c&d=e?f#g']);
  });

  test('presigns URLs that work without an SDK', async () => {
    const client = s3(key);
    // The fetch of a browser folds the dots.
    for (const Key of KEYS.filter((name) => !name.includes('..'))) {
      const putUrl = await getSignedUrl(client, new PutObjectCommand({ Bucket, Key, ContentType: 'text/x' }));
      const response = await fetch(putUrl, {
        method: 'PUT',
        body: `signed ${Key}`,
        headers: { 'content-type': 'text/x' },
      });
      expect(response.status, await response.text()).toBe(200);
      const getUrl = await getSignedUrl(client, new GetObjectCommand({ Bucket, Key, ResponseContentType: 'a/b+c d' }));
      const got = await fetch(getUrl);
      expect([got.status, got.headers.get('content-type'), await got.text()]).toEqual([
        200,
        'a/b+c d',
        `signed ${Key}`,
      ]);
      expect((await fetch(getUrl.replace('%2Bc', '%2Bd'))).status).toBe(403);
    }
  });

  test('works with the other services', async () => {
    const { QueueUrl } = await sqs(key).send(new CreateQueueCommand({ QueueName: kind }));
    await sqs(key).send(new SendMessageCommand({ QueueUrl, MessageBody: 'ü ✓ + %' }));
    await ec2(key).send(new DescribeInstancesCommand({ Filters: [{ Name: 'tag:a b+c', Values: ["é~!'()*"] }] }));
    await scheduler(key).send(new GetScheduleCommand({ Name: 'a.b-c_d', GroupName: 'default' }));
  });
});

test('a request that was signed for another time is refused with that reason', async () => {
  const client = kept(new S3Client({ ...configOf(lasting), forcePathStyle: true, systemClockOffset: -3_600_000 }));
  const get = new GetObjectCommand({ Bucket: 'lasting-bucket', Key: 'plain' });
  expect(await errorOf(client.send(get))).toMatchObject({ code: 'RequestTimeTooSkewed', status: 403 });
  const late = await getSignedUrl(s3(), get, { expiresIn: 60, signingDate: new Date(Date.now() - 61_000) });
  const response = await fetch(late);
  expect([response.status, await response.text()]).toEqual([403, expect.stringContaining('Request has expired')]);
});

test('a body that differs from the signed one is refused, although only its hash was signed', async () => {
  const client = s3();
  client.middlewareStack.add(
    (next) => (args) => {
      (args.request as { body: unknown }).body = 'other';
      return next(args);
    },
    { step: 'finalizeRequest', priority: 'low', name: 'afterSigning' },
  );
  const put = new PutObjectCommand({ Bucket: 'lasting-bucket', Key: 'tampered', Body: 'right' });
  expect(await errorOf(client.send(put))).toMatchObject({ code: 'XAmzContentSHA256Mismatch' });
  expect(await errorOf(s3().send(new HeadObjectCommand({ Bucket: 'lasting-bucket', Key: 'tampered' })))).toMatchObject({
    status: 404,
  });
});

const unknown = { accessKeyId: 'AKIAUNKNOWN', secretAccessKey: 'x' };
const wrong = { ...lasting, secretAccessKey: 'x' };
const wrongToken = { ...temporary, sessionToken: 'x' };

describe('each service refuses in its own words', () => {
  const callS3 = (key: AccessKey) => s3(key).send(new GetObjectCommand({ Bucket: 'lasting-bucket', Key: 'plain' }));
  const callSqs = (key: AccessKey) => sqs(key).send(new CreateQueueCommand({ QueueName: 'x' }));
  const callEc2 = (key: AccessKey) => ec2(key).send(new DescribeInstancesCommand({}));
  const callScheduler = (key: AccessKey) => scheduler(key).send(new GetScheduleCommand({ Name: 'x' }));

  test.each([
    ['S3', 'a key is unknown', callS3, unknown, 'InvalidAccessKeyId', 403],
    ['S3', 'a signature is wrong', callS3, wrong, 'SignatureDoesNotMatch', 403],
    ['S3', 'a token is wrong', callS3, wrongToken, 'InvalidToken', 400],
    ['SQS', 'a key is unknown', callSqs, unknown, 'InvalidClientTokenId', 403],
    ['SQS', 'a signature is wrong', callSqs, wrong, 'SignatureDoesNotMatch', 403],
    ['SQS', 'a token is wrong', callSqs, wrongToken, 'InvalidClientTokenId', 403],
    ['EC2', 'a key is unknown', callEc2, unknown, 'AuthFailure', 401],
    ['EC2', 'a signature is wrong', callEc2, wrong, 'SignatureDoesNotMatch', 403],
    ['EC2', 'a token is wrong', callEc2, wrongToken, 'AuthFailure', 401],
    ['EventBridge Scheduler', 'a key is unknown', callScheduler, unknown, 'UnrecognizedClientException', 403],
    ['EventBridge Scheduler', 'a signature is wrong', callScheduler, wrong, 'InvalidSignatureException', 403],
  ] as const)('%s: %s', async (_service, _what, call, key, code, status) => {
    expect(await errorOf(call(key))).toMatchObject({ code, status });
  });

  test('an unsigned request', async () => {
    const s3Answer = await fetch(`${server.endpoint}/lasting-bucket/plain`);
    expect([s3Answer.status, await s3Answer.text()]).toEqual([
      403,
      expect.stringContaining('<Code>AccessDenied</Code>'),
    ]);
    const headers = { 'x-amz-target': 'AmazonSQS.ListQueues' };
    const sqsAnswer = await fetch(server.endpoint, { method: 'POST', headers, body: '{}' });
    expect([sqsAnswer.status, await sqsAnswer.json()]).toMatchObject([
      403,
      { __type: expect.stringContaining('MissingAuthenticationToken') as string },
    ]);
  });
});

test('a request for an unserved service is refused in its client’s protocol', async () => {
  const scope = (name: string) =>
    `AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/${name}/aws4_request, SignedHeaders=host, Signature=x`;
  const json = await fetch(server.endpoint, {
    method: 'POST',
    headers: { authorization: scope('lambda') },
    body: '{}',
  });
  expect([json.status, await json.json()]).toMatchObject([
    501,
    { message: expect.stringContaining('lambda') as string },
  ]);
  const headers = { authorization: scope('iam'), 'content-type': 'application/x-www-form-urlencoded' };
  const xml = await fetch(server.endpoint, { method: 'POST', headers, body: 'Action=ListUsers' });
  expect([xml.status, await xml.text()]).toEqual([501, expect.stringContaining('does not serve iam')]);
});
