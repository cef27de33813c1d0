/** A measured subject: an endpoint, the process behind it, and its clients. */
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Endpoint } from '../support/local-cloud.js';

export interface Subject {
  readonly title: string;
  readonly pid: number;
  readonly sqs: SQSClient;
  readonly s3: S3Client;
}

/** One program with default settings has this many; the SDK would open more connections than are useful here. */
const MOST_SOCKETS = 50;

export function subjectOf(title: string, { endpoint, credentials, group }: Endpoint): Subject {
  const config = {
    endpoint,
    region: 'us-east-1',
    credentials,
    maxAttempts: 1, // A retry would hide the errors of a peer.
    requestHandler: { httpAgent: { keepAlive: true, maxSockets: MOST_SOCKETS } },
  };
  return {
    title,
    pid: group.pid,
    sqs: new SQSClient({ ...config, useQueueUrlAsEndpoint: false }),
    s3: new S3Client({ ...config, forcePathStyle: true }),
  };
}
