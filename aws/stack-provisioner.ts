/**
 * Makes through the SDK, on an emulator of AWS, what the CDK stack makes on AWS: queues, bucket, launch template, fleet. Run again
 * under the same name it finds what is there; a new launch template version takes the place of the last.
 */
import {
  CreateFleetCommand,
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  type _InstanceType,
  type EC2Client,
  type RequestLaunchTemplateData,
} from '@aws-sdk/client-ec2';
import { type BucketLocationConstraint, CreateBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, GetQueueAttributesCommand, GetQueueUrlCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { DEFAULT_SCHEDULE_GROUP, type StackConfig } from '../core/stack.js';
import { STACK_TAG } from '../core/tags.js';
import { isAlreadyThere } from './errors.js';
import { findFleet } from './find-fleet.js';

/** A backstop only: attempts are counted by us (R4). The most that SQS allows. */
const MAX_RECEIVE_COUNT = 1_000;
const DAY_SECONDS = 86_400;
/** A day less than the dead letters', whose age counts from when they were first sent; fourteen days are SQS's most. */
const QUEUE_RETENTION_DAYS = 13;
const DEAD_LETTER_RETENTION_DAYS = 14;
/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-add-user-data.html */
const MAX_USER_DATA_BYTES = 16 * 1024;
/** Several pools, so that one that runs short, or is reclaimed, is not the fleet's only one. */
const DEFAULT_INSTANCE_TYPES = ['c7g.large', 'c6g.large', 'm7g.large', 'm6g.large'] as const;
const DEFAULT_ZONE_LETTERS = ['a', 'b', 'c'] as const;
/** Emulators launch no image, but a launch template must name one. */
const DEFAULT_IMAGE_ID = 'ami-00000000000000000';

/** Emulators check no roles, but a schedule must name one. */
const EMULATOR_SCHEDULER_ROLE = 'arn:aws:iam::000000000000:role/spotpool-scheduler';

export interface StackClients {
  readonly sqs: SQSClient;
  readonly s3: S3Client;
  readonly ec2: EC2Client;
}

export interface ProvisionOptions {
  readonly clients: StackClients;
  readonly name: string;
  readonly region: string;
  readonly maxWorkers: number;
  /** The boot script as plain text, once what it must know is made. */
  readonly userData: (made: Pick<StackConfig, 'queueUrl' | 'bucket' | 'region'>) => string;
  readonly instanceTypes?: readonly string[];
  readonly zones?: readonly string[];
  readonly imageId?: string;
  /** From which the instances have their credentials; an emulator that checks none needs none. */
  readonly instanceProfile?: string;
  /** Handed on into the result. */
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

export async function provisionStack(options: ProvisionOptions, signal: AbortSignal): Promise<StackConfig> {
  const { clients, name, region, maxWorkers, endpoint, credentials } = options;
  const { queueUrl, deadLetterQueueUrl } = await makeQueues(clients.sqs, name, signal);
  const bucket = await makeBucket(clients.s3, { name, region }, signal);
  const launchTemplate = await makeLaunchTemplate(
    clients.ec2,
    options,
    options.userData({ queueUrl, bucket, region }),
    signal,
  );
  const fleetId =
    (await findFleet(clients.ec2, name, signal)) ?? (await makeFleet(clients.ec2, launchTemplate, options, signal));
  return {
    name,
    region,
    queueUrl,
    deadLetterQueueUrl,
    bucket,
    fleetId,
    maxWorkers,
    scheduler: { roleArn: EMULATOR_SCHEDULER_ROLE, groupName: DEFAULT_SCHEDULE_GROUP },
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  };
}

async function makeQueues(client: SQSClient, name: string, signal: AbortSignal) {
  const deadLetterQueueUrl = await makeQueue(
    client,
    `${name}-dead-letters`,
    { MessageRetentionPeriod: String(DEAD_LETTER_RETENTION_DAYS * DAY_SECONDS) },
    signal,
  );
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: deadLetterQueueUrl, AttributeNames: ['QueueArn'] }),
    { abortSignal: signal },
  );
  const redrive = { deadLetterTargetArn: Attributes?.QueueArn, maxReceiveCount: MAX_RECEIVE_COUNT };
  const queueUrl = await makeQueue(
    client,
    `${name}-input`,
    {
      MessageRetentionPeriod: String(QUEUE_RETENTION_DAYS * DAY_SECONDS),
      RedrivePolicy: JSON.stringify(redrive),
    },
    signal,
  );
  return { queueUrl, deadLetterQueueUrl };
}

async function makeQueue(
  client: SQSClient,
  queueName: string,
  attributes: Record<string, string>,
  signal: AbortSignal,
): Promise<string> {
  try {
    const made = await client.send(new CreateQueueCommand({ QueueName: queueName, Attributes: attributes }), {
      abortSignal: signal,
    });
    return needed(made.QueueUrl, `the URL of queue ${queueName}`);
  } catch (error) {
    // It exists with other attributes: somebody has tuned it.
    if (!isAlreadyThere(error)) throw error;
    const found = await client.send(new GetQueueUrlCommand({ QueueName: queueName }), { abortSignal: signal });
    return needed(found.QueueUrl, `the URL of queue ${queueName}`);
  }
}

async function makeBucket(
  client: S3Client,
  { name, region }: { readonly name: string; readonly region: string },
  signal: AbortSignal,
): Promise<string> {
  const bucket = `${name}-results`;
  // us-east-1 is the one region that must not be named. https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
  const constraint =
    region === 'us-east-1'
      ? {}
      : { CreateBucketConfiguration: { LocationConstraint: region as BucketLocationConstraint } };
  try {
    await client.send(new CreateBucketCommand({ Bucket: bucket, ...constraint }), { abortSignal: signal });
  } catch (error) {
    if (!isAlreadyThere(error)) throw error;
  }
  return bucket;
}

async function makeLaunchTemplate(
  client: EC2Client,
  { name, imageId = DEFAULT_IMAGE_ID, instanceProfile }: ProvisionOptions,
  userData: string,
  signal: AbortSignal,
): Promise<string> {
  const bytes = Buffer.byteLength(userData);
  if (bytes > MAX_USER_DATA_BYTES) {
    throw new Error(`The user data of stack ${name} has ${bytes} bytes; EC2 takes ${MAX_USER_DATA_BYTES} at most.`);
  }
  const data: RequestLaunchTemplateData = {
    ImageId: imageId,
    ...(instanceProfile === undefined ? {} : { IamInstanceProfile: { Name: instanceProfile } }),
    UserData: Buffer.from(userData).toString('base64'),
    // A worker ends its instance through the operating system (R6, R9): that must not leave a stopped one behind.
    InstanceInitiatedShutdownBehavior: 'terminate',
    MetadataOptions: { HttpTokens: 'required', HttpEndpoint: 'enabled' },
    TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: STACK_TAG, Value: name }] }],
  };
  const LaunchTemplateName = `${name}-worker`;
  try {
    await client.send(new CreateLaunchTemplateCommand({ LaunchTemplateName, LaunchTemplateData: data }), {
      abortSignal: signal,
    });
  } catch (error) {
    if (!isAlreadyThere(error)) throw error;
    await client.send(new CreateLaunchTemplateVersionCommand({ LaunchTemplateName, LaunchTemplateData: data }), {
      abortSignal: signal,
    });
  }
  return LaunchTemplateName;
}

async function makeFleet(
  client: EC2Client,
  launchTemplateName: string,
  { name, region, instanceTypes = DEFAULT_INSTANCE_TYPES, zones }: ProvisionOptions,
  signal: AbortSignal,
): Promise<string> {
  const zoneNames = zones ?? DEFAULT_ZONE_LETTERS.map((letter) => `${region}${letter}`);
  const made = await client.send(
    new CreateFleetCommand({
      Type: 'maintain',
      ExcessCapacityTerminationPolicy: 'no-termination',
      TargetCapacitySpecification: { TotalTargetCapacity: 0, DefaultTargetCapacityType: 'spot' },
      SpotOptions: { AllocationStrategy: 'price-capacity-optimized' },
      LaunchTemplateConfigs: [
        {
          LaunchTemplateSpecification: { LaunchTemplateName: launchTemplateName, Version: '$Latest' },
          Overrides: instanceTypes.flatMap((instanceType) =>
            zoneNames.map((AvailabilityZone) => ({ InstanceType: instanceType as _InstanceType, AvailabilityZone })),
          ),
        },
      ],
      TagSpecifications: [{ ResourceType: 'fleet', Tags: [{ Key: STACK_TAG, Value: name }] }],
    }),
    { abortSignal: signal },
  );
  return needed(made.FleetId, 'the id of the fleet');
}

function needed(value: string | undefined, what: string): string {
  if (value === undefined) throw new Error(`The answer lacks ${what}.`);
  return value;
}
