/** Creates the adapters that connect to a stack from its configuration. */
import type { StackConfig } from '../../core/contract/stack.js';
import {
  type ClientOptions,
  makeCloudFormationClient,
  makeEc2Client,
  makeLambdaClient,
  makeS3Client,
  makeSchedulerClient,
  makeServiceQuotasClient,
  makeSnsClient,
  makeSqsClient,
} from '../../aws/clients.js';
import { makeDeadManSwitch } from '../../aws/dead-man-switch.js';
import { makeDeployedStack } from '../../aws/deployed-stack.js';
import { makeFleet } from '../../aws/fleet.js';
import { makePoolInstances } from '../../aws/pool-instances.js';
import { LambdaController } from '../../aws/lambda-controller.js';
import { S3ResultBucket } from '../../aws/result-buckets.js';
import { S3ObjectRemoval } from '../../aws/s3-removal.js';
import { S3ObjectStore } from '../../aws/s3-object-store.js';
import { S3SourceObjects } from '../../aws/source-objects.js';
import { SnsNotifier } from '../../aws/sns-notifier.js';
import { Ec2SpotPrices } from '../../aws/spot-prices.js';
import { makeSpotQuota } from '../../aws/spot-quota.js';
import { SqsJobQueue } from '../../aws/sqs-job-queue.js';
import { definedFields } from '../../core/defined-fields.js';
import type { StackPorts } from '../cli/context.js';
import type { SourceObjects } from '../dataset/ports.js';
import type { Notifier } from '../ports.js';
import { systemClock } from './clock.js';

/** Endpoint and credentials are passed explicitly, so that the user's environment cannot change those of a stack that has its own. */
export function clientOptions({ region, endpoint, credentials }: StackConfig): ClientOptions {
  return {
    region,
    ...definedFields({ endpoint, credentials }),
  };
}

export interface ConnectOptions {
  /** The time after which the dead-man's switch fires when nobody postpones it. Tests shorten it. */
  readonly switchDelayMs?: number;
}

export function connectStack(config: StackConfig, { switchDelayMs }: ConnectOptions = {}): StackPorts {
  const options = clientOptions(config);
  const s3 = makeS3Client(options);
  const ec2 = makeEc2Client(options);
  const fleet = makeFleet(ec2, config);
  return {
    config,
    store: new S3ObjectStore(s3, config.bucket),
    removal: new S3ObjectRemoval(s3, config.bucket),
    sources: new S3SourceObjects(s3),
    resultBuckets: (bucket) => new S3ResultBucket(s3, bucket),
    queue: new SqsJobQueue(makeSqsClient(options), config.queueUrl),
    fleet,
    instances: makePoolInstances(ec2, config.name),
    ...(config.stackId === undefined
      ? {}
      : { deployed: makeDeployedStack(makeCloudFormationClient(options), config.stackId) }),
    prices: new Ec2SpotPrices(ec2, () => systemClock.nowMs()),
    quota: makeSpotQuota(makeServiceQuotasClient(options)),
    deadMan: makeDeadManSwitch(makeSchedulerClient(options), {
      stack: config,
      fleetId: () => fleet.fleetId,
      nowMs: () => systemClock.nowMs(),
      ...definedFields({ delayMs: switchDelayMs }),
    }),
    ...(config.controllerFunction === undefined
      ? {}
      : { controller: new LambdaController(makeLambdaClient(options), config.controllerFunction) }),
  };
}

/** Every account has this region. */
const ANY_REGION = 'us-east-1';

/** Reads datasets in S3. Without a stack, the region of the user's environment counts. */
export function connectSources(stack: StackConfig | undefined, env: NodeJS.ProcessEnv): SourceObjects {
  const region = env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || ANY_REGION;
  return new S3SourceObjects(makeS3Client(stack === undefined ? { region } : clientOptions(stack)));
}

/** The notifier of the stack's topic. Undefined when the stack has no topic. */
export function connectNotifier(config: StackConfig): Notifier | undefined {
  return config.topicArn === undefined
    ? undefined
    : new SnsNotifier(makeSnsClient(clientOptions(config)), config.topicArn);
}
