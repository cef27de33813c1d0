/** Joins a stack's configuration with the adapters that reach it. */
import type { StackConfig } from '../../core/stack.js';
import { type ClientOptions, makeEc2Client, makeS3Client, makeSqsClient } from '../../aws/clients.js';
import { makeFleet } from '../../aws/fleet.js';
import { S3ObjectStore } from '../../aws/s3-object-store.js';
import { S3SourceObjects } from '../../aws/source-objects.js';
import { Ec2SpotPrices } from '../../aws/spot-prices.js';
import { SqsJobQueue } from '../../aws/sqs-job-queue.js';
import type { StackPorts } from '../cli/context.js';
import { systemClock } from './clock.js';

/** Endpoint and credentials are passed on explicitly: nothing of the user's environment reaches a stack that has its own. */
export function clientOptions({ region, endpoint, credentials }: StackConfig): ClientOptions {
  return {
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  };
}

export function connectStack(config: StackConfig): StackPorts {
  const options = clientOptions(config);
  const s3 = makeS3Client(options);
  const ec2 = makeEc2Client(options);
  return {
    config,
    store: new S3ObjectStore(s3, config.bucket),
    sources: new S3SourceObjects(s3),
    queue: new SqsJobQueue(makeSqsClient(options), config.queueUrl),
    fleet: makeFleet(ec2, config),
    prices: new Ec2SpotPrices(ec2, () => systemClock.nowMs()),
    // The switch is a part of the deployed stack; until it is there, instances end themselves when idle (R9).
    deadMan: { arm: async () => undefined },
  };
}
