/** The SDK's clients, made from explicit configuration. Every call has the limits of call-limits.ts. */
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
import { type CallLimits, OBJECT_CALLS, POLLS, SMALL_CALLS } from './call-limits.js';

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

/** With this many sockets the client does not queue its requests, and the file descriptors stay bounded. */
const MAX_SOCKETS = 64;

function common(options: ClientOptions, { maxAttempts, ...timeouts }: CallLimits) {
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
    maxAttempts,
    requestHandler: { ...timeouts, httpAgent: sockets, httpsAgent: sockets },
  };
}

export function makeS3Client(options: ClientOptions): S3Client {
  return new S3Client({
    ...common(options, OBJECT_CALLS),
    // Emulators and other endpoints with one name have no virtual hosts for buckets.
    forcePathStyle: options.endpoint !== undefined,
  });
}

/** Makes the client for all calls except long polls. */
export function makeSqsClient(options: ClientOptions): SQSClient {
  return new SQSClient({ ...common(options, SMALL_CALLS), ...sqsOptions(options) });
}

/** Makes the client for long polls alone, so that they never delay a beat or a delete. */
export function makeSqsPollClient(options: ClientOptions): SQSClient {
  return new SQSClient({ ...common(options, POLLS), ...sqsOptions(options) });
}

export function makeEc2Client(options: ClientOptions): EC2Client {
  return new EC2Client(common(options, SMALL_CALLS));
}

export function makeCloudFormationClient(options: ClientOptions): CloudFormationClient {
  return new CloudFormationClient(common(options, SMALL_CALLS));
}

export function makeSecretsManagerClient(options: ClientOptions): SecretsManagerClient {
  return new SecretsManagerClient(common(options, SMALL_CALLS));
}

export function makeServiceQuotasClient(options: ClientOptions): ServiceQuotasClient {
  return new ServiceQuotasClient(common(options, SMALL_CALLS));
}

export function makeSnsClient(options: ClientOptions): SNSClient {
  return new SNSClient(common(options, SMALL_CALLS));
}

export function makeLambdaClient(options: ClientOptions): LambdaClient {
  return new LambdaClient(common(options, SMALL_CALLS));
}

export function makeSchedulerClient(options: ClientOptions): SchedulerClient {
  return new SchedulerClient(common(options, SMALL_CALLS));
}

function sqsOptions(options: ClientOptions) {
  return {
    // The host of the queue URL must never override the configured endpoint.
    useQueueUrlAsEndpoint: options.endpoint === undefined,
    // With checks, one damaged body would make the SDK discard a whole receive. The reader of a damaged message discards it alone.
    md5: false as const,
  };
}
