/** Who is measured: an endpoint, the process behind it, and clients of it. */
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Endpoint } from '../support/local-cloud.js';

export interface Subject {
  readonly title: string;
  readonly pid: number;
  readonly sqs: SQSClient;
  readonly s3: S3Client;
}

/** What one program with default settings has; the SDK would open more connections than are of use here. */
const MOST_SOCKETS = 50;

export function subjectOf(title: string, { endpoint, credentials, group }: Endpoint): Subject {
  const config = {
    endpoint,
    region: 'us-east-1',
    credentials,
    maxAttempts: 1, // a retry would hide what a peer cannot bear
    requestHandler: { httpAgent: { keepAlive: true, maxSockets: MOST_SOCKETS } },
  };
  return {
    title,
    pid: group.pid,
    sqs: new SQSClient({ ...config, useQueueUrlAsEndpoint: false }),
    s3: new S3Client({ ...config, forcePathStyle: true }),
  };
}
