/**
 * Each round has new clients. Closing them closes every connection, so that the remaining resources belong to the
 * cloud.
 */
import { EC2Client } from '@aws-sdk/client-ec2';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Endpoint } from '../support/local-cloud.js';

export interface Clients {
  readonly sqs: SQSClient;
  readonly s3: S3Client;
  readonly ec2: EC2Client;
  close(): void;
}

const nothing = (): void => undefined;
/** The SDK warns about each aborted upload, but aborting them is the purpose here. */
const SILENT = { debug: nothing, info: nothing, warn: nothing, error: nothing };

export function clientsOf({ endpoint, credentials }: Endpoint): Clients {
  const config = { endpoint, region: 'us-east-1', credentials, maxAttempts: 3, logger: SILENT };
  const sqs = new SQSClient({ ...config, useQueueUrlAsEndpoint: false });
  const s3 = new S3Client({ ...config, forcePathStyle: true });
  const ec2 = new EC2Client(config);
  return {
    sqs,
    s3,
    ec2,
    close: () => {
      for (const client of [sqs, s3, ec2]) client.destroy();
    },
  };
}
