/**
 * The SDK's clients, made from explicit configuration. Every call gets timeouts here, because the SDK sets none of its own.
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
  /** One endpoint for every service. When absent, the SDK chooses the endpoints. */
  readonly endpoint?: string;
  /** When absent, the SDK's default chain finds them (an instance's role, a profile, the environment). */
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

/** Within a region a connection takes milliseconds; a dead address must not cost more than this. */
const CONNECTION_TIMEOUT_MS = 5_000;
/** A socket on which nothing moves for this long counts as dead. Bodies that do move may take longer. */
const IDLE_SOCKET_MS = 30_000;
/** SQS, EC2 and the scheduler answer small requests in well under a second. */
const SMALL_REQUEST_MS = 15_000;
/** The time until the head of S3's answer, which includes the sending of a large body over a slow line. */
const OBJECT_REQUEST_MS = 300_000;
/** SQS holds a poll for 20 s at most; the rest is for the network. */
const POLL_REQUEST_MS = 30_000;
/** With this many sockets the client does not queue its requests, and the file descriptors stay bounded. */
const MAX_SOCKETS = 64;
/** A burst of 503 or throttling is over in seconds: four retries with the SDK's jittered backoff take longer. */
const MAX_ATTEMPTS = 5;

function common(options: ClientOptions, requestTimeoutMs: number, socketTimeoutMs: number) {
  // Users can do nothing about the SDK's notice on Node 20. It reads this variable when a client is made.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const sockets = { maxSockets: MAX_SOCKETS };
  return {
    region: options.region,
    // A configured endpoint has no variants. The SDK would refuse it together with the user's AWS_USE_FIPS_ENDPOINT or AWS_USE_DUALSTACK_ENDPOINT.
    ...(options.endpoint === undefined
      ? {}
      : { endpoint: options.endpoint, useFipsEndpoint: false, useDualstackEndpoint: false }),
    ...definedFields({ credentials: options.credentials }),
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: requestTimeoutMs,
      // Without this option the SDK only logs that the time is over.
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
    // Emulators and other endpoints with one name have no virtual hosts for buckets.
    forcePathStyle: options.endpoint !== undefined,
  });
}

/** Makes the client for all calls except long polls. */
export function makeSqsClient(options: ClientOptions): SQSClient {
  return new SQSClient({ ...common(options, SMALL_REQUEST_MS, SMALL_REQUEST_MS), ...sqsOptions(options) });
}

/** Makes the client for long polls alone, so that they never delay a beat or a delete. */
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
    // The host of the queue URL must never override the configured endpoint.
    useQueueUrlAsEndpoint: options.endpoint === undefined,
    // With checks, one damaged body would make the SDK discard a whole receive. The reader of a damaged message discards it alone.
    md5: false as const,
  };
}
