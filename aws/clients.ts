/**
 * The SDK's clients, made from explicit configuration. Every call has an end: the SDK sets no timeouts of its own.
 * https://docs.aws.amazon.com/sdk-for-javascript/v3/developer-guide/node-configuring-maxsockets.html
 */
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { EC2Client } from '@aws-sdk/client-ec2';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { definedFields } from '../core/defined-fields.js';

export interface ClientOptions {
  readonly region: string;
  /** One endpoint for every service; the SDK's own when absent. */
  readonly endpoint?: string;
  /** The SDK's default chain when absent (an instance's role, a profile, the environment). */
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

/** Calls one after another in a region take milliseconds to connect; a dead address must not cost more than this. */
const CONNECTION_TIMEOUT_MS = 5_000;
/** A socket on which nothing moves for this long is dead: bodies that do move may take longer. */
const IDLE_SOCKET_MS = 30_000;
/** Small requests: SQS, EC2 and the scheduler answer in well under a second. */
const SMALL_REQUEST_MS = 15_000;
/** Time to the head of S3's answer, the sending of a large body over a slow line included. */
const OBJECT_REQUEST_MS = 300_000;
/** SQS holds a poll for 20 s at most; what is over is the network's share. */
const POLL_REQUEST_MS = 30_000;
/** Keeps the client from queueing its own requests, and the file descriptors bounded. */
const MAX_SOCKETS = 64;
/** A burst of 503 or throttling is over in seconds: four retries with the SDK's jittered backoff outlast it. */
const MAX_ATTEMPTS = 5;

function common(options: ClientOptions, requestTimeoutMs: number, socketTimeoutMs: number) {
  // Users can do nothing about the SDK's notice on Node 20; it reads this variable when a client is made.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const sockets = { maxSockets: MAX_SOCKETS };
  return {
    region: options.region,
    // An endpoint of one's own has no variants: a user's AWS_USE_FIPS_ENDPOINT or AWS_USE_DUALSTACK_ENDPOINT would be refused with it.
    ...(options.endpoint === undefined
      ? {}
      : { endpoint: options.endpoint, useFipsEndpoint: false, useDualstackEndpoint: false }),
    ...definedFields({ credentials: options.credentials }),
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: requestTimeoutMs,
      // Without this the SDK only logs that the time is over.
      throwOnRequestTimeout: true,
      socketTimeout: socketTimeoutMs,
      httpAgent: sockets,
      httpsAgent: sockets,
    },
  };
}

export function makeS3Client(options: ClientOptions): S3Client {
  return new S3Client({
    ...common(options, OBJECT_REQUEST_MS, IDLE_SOCKET_MS),
    // Emulators and other endpoints of one name have no virtual hosts for buckets.
    forcePathStyle: options.endpoint !== undefined,
  });
}

/** For all but polls. */
export function makeSqsClient(options: ClientOptions): SQSClient {
  return new SQSClient({ ...common(options, SMALL_REQUEST_MS, SMALL_REQUEST_MS), ...sqsOptions(options) });
}

/** For long polls alone, so that they never hold up a beat or a delete. */
export function makeSqsPollClient(options: ClientOptions): SQSClient {
  return new SQSClient({ ...common(options, POLL_REQUEST_MS, POLL_REQUEST_MS), ...sqsOptions(options) });
}

export function makeEc2Client(options: ClientOptions): EC2Client {
  return new EC2Client(common(options, SMALL_REQUEST_MS, SMALL_REQUEST_MS));
}

export function makeCloudFormationClient(options: ClientOptions): CloudFormationClient {
  return new CloudFormationClient(common(options, SMALL_REQUEST_MS, SMALL_REQUEST_MS));
}

export function makeSecretsManagerClient(options: ClientOptions): SecretsManagerClient {
  return new SecretsManagerClient(common(options, SMALL_REQUEST_MS, SMALL_REQUEST_MS));
}

export function makeServiceQuotasClient(options: ClientOptions): ServiceQuotasClient {
  return new ServiceQuotasClient(common(options, SMALL_REQUEST_MS, SMALL_REQUEST_MS));
}

export function makeSnsClient(options: ClientOptions): SNSClient {
  return new SNSClient(common(options, SMALL_REQUEST_MS, SMALL_REQUEST_MS));
}

export function makeLambdaClient(options: ClientOptions): LambdaClient {
  return new LambdaClient(common(options, SMALL_REQUEST_MS, SMALL_REQUEST_MS));
}

export function makeSchedulerClient(options: ClientOptions): SchedulerClient {
  return new SchedulerClient(common(options, SMALL_REQUEST_MS, SMALL_REQUEST_MS));
}

function sqsOptions(options: ClientOptions) {
  return {
    // The queue URL's host must never win over the endpoint that was configured.
    useQueueUrlAsEndpoint: options.endpoint === undefined,
    // One damaged body would make the SDK throw a whole receive away; a damaged message is discarded by its own reader.
    md5: false as const,
  };
}
