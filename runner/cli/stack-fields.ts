/** Reads a stack's configuration out of CDK outputs, the JSON of `local up --json`, or environment variables. Pure. */
import { type Architecture, DEFAULT_SCHEDULE_GROUP, type StackConfig } from '../../core/contract/stack.js';
import { definedFields } from '../../core/defined-fields.js';
import { UserError } from '../errors.js';

/** As found: nothing is sure to be there. */
export interface StackFields {
  readonly name?: string | undefined;
  readonly region?: string | undefined;
  readonly queueUrl?: string | undefined;
  readonly deadLetterQueueUrl?: string | undefined;
  readonly bucket?: string | undefined;
  readonly fleetId?: string | undefined;
  readonly maxWorkers?: string | number | undefined;
  readonly controlled?: boolean | undefined;
  readonly installedWorker?: boolean | undefined;
  readonly controllerFunction?: string | undefined;
  readonly topicArn?: string | undefined;
  readonly schedulerRoleArn?: string | undefined;
  readonly schedulerGroup?: string | undefined;
  readonly stackId?: string | undefined;
  readonly architecture?: string | undefined;
  readonly isolated?: boolean | undefined;
  readonly minVcpus?: string | number | undefined;
  readonly maxLifeSeconds?: string | number | undefined;
  readonly endpoint?: string | undefined;
  readonly accessKeyId?: string | undefined;
  readonly secretAccessKey?: string | undefined;
}

/** What LocalStack writes for an output of a resource that it does not make. */
export const UNKNOWN = 'unknown';

export const DEFAULT_STACK_NAME = 'spotpool';

/** When the stack does not say: as many as a stack provisions for unless told otherwise. */
export const DEFAULT_STACK_MAX_WORKERS = 10;

export function stacksInFile(text: string, file: string): readonly StackFields[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UserError(`${file} is not JSON: ${(error as Error).message}`);
  }
  const record = asRecord(value);
  const flat = fieldsOf(record);
  if (flat.queueUrl !== undefined) return [flat];
  return Object.entries(record)
    .map(([name, outputs]): StackFields => {
      const fields = fieldsOf(asRecord(outputs));
      return { ...fields, name: fields.name ?? name };
    })
    .filter((fields) => fields.queueUrl !== undefined);
}

export function stackFromFields(fields: StackFields, source: string, env: NodeJS.ProcessEnv): StackConfig {
  const region = fields.region ?? regionOfQueue(fields.queueUrl) ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'];
  const needed = { ...fields, region };
  const missing = (['queueUrl', 'deadLetterQueueUrl', 'bucket', 'fleetId', 'region'] as const).filter(
    (field) => !needed[field],
  );
  if (missing.length > 0) {
    const names = missing.map((field) => `${outputName(field)} (${VARIABLES[field]})`).join(', ');
    throw new UserError(`The stack in ${source} lacks ${names}. Set what is missing, or deploy the stack again.`);
  }
  if (needed.fleetId === UNKNOWN) {
    throw new UserError(
      `The stack in ${source} has no fleet: its FleetId is "${UNKNOWN}", which emulators write that do not keep EC2 Fleets. ` +
        'Make a fleet there that they do keep: spotpool emulator fleet create --endpoint <url> (docs/local-host.md).',
    );
  }
  const maxWorkers = Number(fields.maxWorkers ?? DEFAULT_STACK_MAX_WORKERS);
  if (!Number.isInteger(maxWorkers) || maxWorkers < 1) {
    throw new UserError(
      `MaxWorkers of the stack in ${source} is ${String(fields.maxWorkers)}: it must be a whole number.`,
    );
  }
  const { accessKeyId, secretAccessKey, controllerFunction, topicArn, stackId, architecture } = fields;
  const endpoint = fields.endpoint ?? endpointOfEnvironment(env);
  const { schedulerRoleArn, schedulerGroup } = fields;
  return {
    name: fields.name ?? DEFAULT_STACK_NAME,
    region: needed.region ?? '',
    queueUrl: needed.queueUrl ?? '',
    deadLetterQueueUrl: needed.deadLetterQueueUrl ?? '',
    bucket: needed.bucket ?? '',
    fleetId: needed.fleetId ?? '',
    maxWorkers,
    ...definedFields({ controlled: fields.controlled, installedWorker: fields.installedWorker }),
    ...(controllerFunction ? { controllerFunction } : {}),
    ...(topicArn ? { topicArn } : {}),
    ...(schedulerRoleArn
      ? { scheduler: { roleArn: schedulerRoleArn, groupName: schedulerGroup || DEFAULT_SCHEDULE_GROUP } }
      : {}),
    ...(stackId ? { stackId } : {}),
    ...(isArchitecture(architecture) ? { architecture } : {}),
    ...(Number(fields.minVcpus) > 0 ? { minVcpus: Number(fields.minVcpus) } : {}),
    ...(Number(fields.maxLifeSeconds) > 0 ? { maxLifeSeconds: Number(fields.maxLifeSeconds) } : {}),
    ...definedFields({ isolated: fields.isolated }),
    ...(endpoint ? { endpoint } : {}),
    ...(accessKeyId && secretAccessKey ? { credentials: { accessKeyId, secretAccessKey } } : {}),
  };
}

/**
 * As every SDK and the CDK read it, but handed to the clients explicitly: an SQS client that only finds it by itself goes to the host in a queue's URL.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */
function endpointOfEnvironment(env: NodeJS.ProcessEnv): string | undefined {
  if (env['SPOTPOOL_ENDPOINT']) return env['SPOTPOOL_ENDPOINT'];
  return env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] === 'true' ? undefined : env['AWS_ENDPOINT_URL'];
}

const isArchitecture = (text: string | undefined): text is Architecture => text === 'arm64' || text === 'x86_64';

const VARIABLES = {
  queueUrl: 'SPOTPOOL_QUEUE_URL',
  deadLetterQueueUrl: 'SPOTPOOL_DEAD_LETTER_QUEUE_URL',
  bucket: 'SPOTPOOL_BUCKET',
  fleetId: 'SPOTPOOL_FLEET_ID',
  region: 'AWS_REGION',
} as const;

const outputName = (field: string): string => field.charAt(0).toUpperCase() + field.slice(1);

/** CDK outputs are named in upper camel case, our own JSON in lower. */
function fieldsOf(record: Readonly<Record<string, unknown>>): StackFields {
  const text = (name: string): string | undefined => {
    const value = record[name] ?? record[outputName(name)];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
  };
  // A stored configuration has them together.
  const credential = memberOf(record['credentials']);
  const scheduler = memberOf(record['scheduler']);
  return {
    name: text('name'),
    region: text('region'),
    queueUrl: text('queueUrl'),
    deadLetterQueueUrl: text('deadLetterQueueUrl'),
    bucket: text('bucket') ?? text('bucketName'),
    fleetId: text('fleetId'),
    maxWorkers: text('maxWorkers'),
    minVcpus: text('minVcpus'),
    maxLifeSeconds: text('maxLifeSeconds'),
    // CDK outputs are text.
    controlled: [true, 'true'].includes((record['controlled'] ?? record['Controlled']) as never) || undefined,
    installedWorker:
      [true, 'true'].includes((record['installedWorker'] ?? record['InstalledWorker']) as never) || undefined,
    isolated: [true, 'true'].includes((record['isolated'] ?? record['Isolated']) as never) || undefined,
    stackId: text('stackId'),
    architecture: text('architecture'),
    controllerFunction: text('controllerFunction'),
    topicArn: text('topicArn'),
    schedulerRoleArn: text('schedulerRoleArn') ?? scheduler('roleArn'),
    schedulerGroup: text('schedulerGroup') ?? scheduler('groupName'),
    endpoint: text('endpoint'),
    accessKeyId: text('accessKeyId') ?? credential('accessKeyId'),
    secretAccessKey: text('secretAccessKey') ?? credential('secretAccessKey'),
  };
}

const memberOf =
  (value: unknown) =>
  (name: string): string | undefined => {
    const member = asRecord(value)[name];
    return typeof member === 'string' ? member : undefined;
  };

/** `https://sqs.<region>.amazonaws.com/…` */
function regionOfQueue(queueUrl: string | undefined): string | undefined {
  return /^https:\/\/sqs\.([a-z0-9-]+)\.amazonaws\.com/.exec(queueUrl ?? '')?.[1];
}

const asRecord = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
