/**
 * The target of the conformance suite: the endpoint in ENDPOINT, or else a local cloud that each test file starts.
 *
 * Rules of the suite: tests use only the real SDK, and only behaviour that AWS documents (each file links its
 * pages). Every name is new (`unique`), and each test removes what it created. So the suite can run against any
 * endpoint, repeatedly, and with several files at once.
 */
import { randomBytes } from 'node:crypto';
import { EC2Client } from '@aws-sdk/client-ec2';
import { S3Client } from '@aws-sdk/client-s3';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect } from 'vitest';
import { startLocalCloud } from '../../local/cloud.js';
import { parseOptions } from '../../local/options.js';

export interface ConformanceTarget {
  readonly endpoint: string;
  readonly sqs: SQSClient;
  readonly s3: S3Client;
  readonly ec2: EC2Client;
  readonly scheduler: SchedulerClient;
}

interface Opened {
  readonly target: ConformanceTarget;
  close(): Promise<void>;
}

/** Must be called once at the top of a test file; the target may be used in tests and hooks. */
export function conformanceTarget(): () => ConformanceTarget {
  let opened: Opened | undefined;
  beforeAll(async () => {
    opened = await open();
  });
  afterAll(async () => {
    await opened?.close();
  });
  return () => {
    if (opened === undefined) throw new Error('The target is there from beforeAll on.');
    return opened.target;
  };
}

/**
 * AWS documents the codes of errors but hardly their messages, so messages are compared only with the local cloud,
 * which has AWS's. `expect(error.message).toEqual(inWords('…'))`
 */
export const inWords = (words: string | RegExp): unknown => {
  if (process.env['ENDPOINT'] !== undefined) return expect.any(String);
  return typeof words === 'string' ? expect.stringContaining(words) : expect.stringMatching(words);
};

export const unique = (name: string): string => `${name}-${randomBytes(5).toString('hex')}`;

const ANY_CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };

const givenCredentials = (): typeof ANY_CREDENTIALS => ({
  accessKeyId: process.env['AWS_ACCESS_KEY_ID'] ?? ANY_CREDENTIALS.accessKeyId,
  secretAccessKey: process.env['AWS_SECRET_ACCESS_KEY'] ?? ANY_CREDENTIALS.secretAccessKey,
});

async function open(): Promise<Opened> {
  const given = process.env['ENDPOINT'];
  const cloud = given === undefined ? await startLocalCloud(parseOptions([])) : undefined;
  const endpoint = given ?? cloud?.endpoint ?? '';
  // There is only one attempt, because a retry would hide an error of the endpoint.
  const config = {
    endpoint,
    region: 'us-east-1',
    credentials: cloud?.accessKey ?? givenCredentials(),
    maxAttempts: 1,
  };
  const clients = {
    sqs: new SQSClient({ ...config, useQueueUrlAsEndpoint: false }),
    s3: new S3Client({ ...config, forcePathStyle: true }),
    ec2: new EC2Client(config),
    scheduler: new SchedulerClient(config),
  };
  return {
    target: { endpoint, ...clients },
    close: async () => {
      for (const client of Object.values(clients)) client.destroy();
      await cloud?.close();
    },
  };
}
