/**
 * The fields of a stack's configuration, one row each. The CDK stack's outputs, the controller function's environment, the files that `--stack` reads,
 * the types and the configuration reference derive from this table. Everything is text there; `read` makes the value.
 */

import { pythonVersion } from './python-environment.js';
import { check } from './shape.js';
import { needsOfText } from './spot-quotas.js';

export type Architecture = 'arm64' | 'x86_64';

interface StackField {
  /** Returns undefined for a text that is no value. Such a text counts as absent, unless `expects` is there to refuse it. */
  readonly read: (text: string) => unknown;
  /** The values of this field, in words that complete "set it to …". */
  readonly expects?: string;
  /** Without this field, commands refuse the stack. */
  readonly required?: true;
  /** The value of a stack that does not name this field. */
  readonly byDefault?: unknown;
  /** The environment variable that gives this field to the CLI. */
  readonly variable?: string;
  /** The CDK construct reports this field as an output. */
  readonly deployed?: true;
  /** The controller function needs this field in its environment. */
  readonly controller?: true;
  /** A `StackConfig` holds this field as a member of another one. */
  readonly member?: readonly [parent: string, name: string];
  readonly help: string;
}

const text = (value: string): string => value;
const positive = (value: string): number | undefined => (Number(value) > 0 ? Number(value) : undefined);
const whole = (value: string): number | undefined =>
  Number.isInteger(Number(value)) && Number(value) >= 1 ? Number(value) : undefined;
/** A flag is true or absent, so that stacks which say "false" and stacks which say nothing are alike. */
const flag = (value: string): boolean | undefined => value === 'true' || undefined;
const pythonOf = (value: string): string | undefined => check(pythonVersion, value);
const quotasOf = (value: string): string | undefined => (needsOfText(value) === undefined ? undefined : value);
const architecture = (value: string): Architecture | undefined =>
  value === 'arm64' || value === 'x86_64' ? value : undefined;

/** A stack that does not name a maximum gets the one that the construct has by default. */
const DEFAULT_MAX_WORKERS = 10;

export const STACK_FIELDS = {
  name: {
    read: text,
    byDefault: 'spotpool',
    variable: 'SPOTPOOL_STACK',
    deployed: true,
    controller: true,
    help: "The pool's name. As a variable it also chooses among the stacks of a file.",
  },
  region: {
    read: text,
    required: true,
    variable: 'AWS_REGION',
    deployed: true,
    help: "The stack's region. Without it, the region in the queue's URL counts, then `AWS_REGION` and `AWS_DEFAULT_REGION`.",
  },
  queueUrl: {
    read: text,
    required: true,
    variable: 'SPOTPOOL_QUEUE_URL',
    deployed: true,
    controller: true,
    help: 'The URL of the input queue. This variable makes the CLI take its stack from the environment.',
  },
  deadLetterQueueUrl: {
    read: text,
    required: true,
    variable: 'SPOTPOOL_DEAD_LETTER_QUEUE_URL',
    deployed: true,
    controller: true,
    help: 'The URL of the dead-letter queue.',
  },
  bucket: {
    read: text,
    required: true,
    variable: 'SPOTPOOL_BUCKET',
    deployed: true,
    controller: true,
    help: 'The name of the bucket with jobs and results.',
  },
  fleetId: {
    read: text,
    required: true,
    variable: 'SPOTPOOL_FLEET_ID',
    deployed: true,
    controller: true,
    help: 'The id of the fleet: `fleet-…` of an EC2 Fleet, `sfr-…` of a Spot Fleet.',
  },
  maxWorkers: {
    read: whole,
    expects: 'a whole number from 1',
    byDefault: DEFAULT_MAX_WORKERS,
    variable: 'SPOTPOOL_MAX_WORKERS',
    deployed: true,
    controller: true,
    help: 'The most instances that the stack runs at once.',
  },
  minVcpus: {
    read: positive,
    variable: 'SPOTPOOL_MIN_VCPUS',
    deployed: true,
    help: "vCPUs of the fleet's smallest instance, to compare with the account's Spot quota of standard instances. Absent for GPU instances.",
  },
  spotQuotas: {
    read: quotasOf,
    expects: 'pairs such as g:4,p:96',
    variable: 'SPOTPOOL_SPOT_QUOTAS',
    deployed: true,
    help: "The Spot quotas against which the fleet's GPU instances count, each with the vCPUs of the smallest instance: `g:4,p:96,p5:16`. Absent for other instances.",
  },
  maxLifeSeconds: {
    read: positive,
    variable: 'SPOTPOOL_MAX_LIFE_SECONDS',
    deployed: true,
    controller: true,
    help: 'Seconds after which an instance ends itself. Absent when the stack does not say.',
  },
  maxIdleSeconds: {
    read: positive,
    variable: 'SPOTPOOL_MAX_IDLE_SECONDS',
    deployed: true,
    controller: true,
    help: 'Seconds without work after which an instance ends itself. Absent when the stack does not say.',
  },
  architecture: {
    read: architecture,
    variable: 'SPOTPOOL_ARCHITECTURE',
    deployed: true,
    help: "The instances' processors: `arm64` or `x86_64`. Absent when the stack does not say.",
  },
  python: {
    read: pythonOf,
    expects: 'two numbers such as 3.13',
    variable: 'SPOTPOOL_PYTHON_VERSION',
    deployed: true,
    help: "The instances' Python, such as `3.13`. Absent when the stack does not say.",
  },
  platform: {
    read: text,
    variable: 'SPOTPOOL_PLATFORM',
    help: 'The platform for which wheels are chosen, in the names of uv, such as `x86_64-manylinux_2_34`. Without it, `architecture` decides.',
  },
  isolated: {
    read: flag,
    variable: 'SPOTPOOL_ISOLATED',
    deployed: true,
    help: '`true` when instances reach S3 and SQS alone.',
  },
  controlled: {
    read: flag,
    deployed: true,
    help: '`true` when the stack itself raises and lowers the fleet, also while no command follows a job.',
  },
  controllerFunction: {
    read: text,
    deployed: true,
    help: 'The name of the Lambda function that controls the fleet. Commands wake it after a change.',
  },
  schedulerGroup: {
    read: text,
    variable: 'SPOTPOOL_SCHEDULER_GROUP',
    deployed: true,
    controller: true,
    member: ['scheduler', 'groupName'],
    help: "The schedule group of the dead-man's switch. `default` when the stack does not say.",
  },
  schedulerRoleArn: {
    read: text,
    variable: 'SPOTPOOL_SCHEDULER_ROLE_ARN',
    deployed: true,
    controller: true,
    member: ['scheduler', 'roleArn'],
    help: "The role that the dead-man's switch assumes. Without it nobody may raise the fleet.",
  },
  topicArn: {
    read: text,
    variable: 'SPOTPOOL_TOPIC_ARN',
    deployed: true,
    controller: true,
    help: 'The SNS topic that reports the ends of jobs and jobs that need attention.',
  },
  notifySecretArn: {
    read: text,
    variable: 'SPOTPOOL_NOTIFY_SECRET_ARN',
    deployed: true,
    controller: true,
    help: "The secret with the address to which the stack's controller posts the ends of jobs. Absent when the stack has none.",
  },
  stackId: {
    read: text,
    variable: 'SPOTPOOL_STACK_ID',
    help: 'The ARN of the CloudFormation stack that is this pool and nothing else. A pool within a stack of your own has none.',
  },
  installedWorker: {
    read: flag,
    help: '`true` when instances run the worker of the installation that made them. Commands then publish no worker to the bucket.',
  },
  endpoint: {
    read: text,
    variable: 'SPOTPOOL_ENDPOINT',
    help: 'One endpoint for all AWS services. Without it, `AWS_ENDPOINT_URL` counts unless `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` is `true`, then the endpoints of AWS.',
  },
  accessKeyId: {
    read: text,
    member: ['credentials', 'accessKeyId'],
    help: 'The access key of an emulator or of the local cloud. Without it, the SDK finds your AWS credentials.',
  },
  secretAccessKey: {
    read: text,
    member: ['credentials', 'secretAccessKey'],
    help: 'The secret of that access key.',
  },
} as const satisfies Readonly<Record<string, StackField>>;

type Table = typeof STACK_FIELDS;
export type StackFieldName = keyof Table;
type NamesWith<Property extends keyof StackField> = {
  [Name in StackFieldName]: Table[Name] extends Readonly<Record<Property, unknown>> ? Name : never;
}[StackFieldName];

type RequiredField = NamesWith<'required'>;
/** The fields that every `StackConfig` has. */
export type CertainField = RequiredField | NamesWith<'byDefault'>;
export type MemberField = NamesWith<'member'>;
type DeployedField = NamesWith<'deployed'>;
type ControllerField = NamesWith<'controller'>;
export type StackValue<Name extends StackFieldName> = NonNullable<ReturnType<Table[Name]['read']>>;

/** The fields that were found, as text; nothing is sure to be there. */
export type StackFields = { readonly [Name in StackFieldName]?: string | undefined };
export type StackValues = { readonly [Name in StackFieldName]?: StackValue<Name> | undefined };

const rows: Readonly<Record<StackFieldName, StackField>> = STACK_FIELDS;
export const STACK_FIELD_NAMES = Object.keys(STACK_FIELDS) as readonly StackFieldName[];

/** CloudFormation's outputs are named in upper camel case: `queueUrl` is the output `QueueUrl`. */
export const outputName = (field: string): string => field.charAt(0).toUpperCase() + field.slice(1);

export const variableOf = (field: StackFieldName): string | undefined => rows[field].variable;

const namesWith = (property: keyof StackField): readonly StackFieldName[] =>
  STACK_FIELD_NAMES.filter((field) => rows[field][property] !== undefined);

export const REQUIRED_FIELDS = namesWith('required');

/** Reads the outputs of a stack, a stored `StackConfig`, or the JSON that `spotpool local up --json` prints. */
export const fieldsOfRecord = (record: Readonly<Record<string, unknown>>): StackFields =>
  fieldsBy((field) => {
    const [parent, name] = rows[field].member ?? [];
    const found = record[field] ?? record[outputName(field)];
    return parent === undefined || name === undefined ? found : (found ?? asRecord(record[parent])[name]);
  });

export const fieldsOfEnvironment = (env: Readonly<Record<string, string | undefined>>): StackFields =>
  fieldsBy((field) => env[rows[field].variable ?? '']);

/** A construct must have a value for each of these fields; undefined says that this stack has none. */
export type DeployedFields = { readonly [Name in DeployedField]: string | undefined };
export type ControllerFields = { readonly [Name in ControllerField]: string | undefined };

/** Names the fields as the stack's outputs do. */
export const outputsOf = (fields: StackFields): Readonly<Record<string, string>> =>
  renamed(fields, (field) => outputName(field));

/** Names the fields as the environment does; `fieldsOfEnvironment` reads them back. Fields without a variable are left out. */
export const environmentOf = (fields: StackFields): Readonly<Record<string, string>> => renamed(fields, variableOf);

/** The values of the fields, with the defaults of those that are absent. */
export const valuesOf = (fields: StackFields): StackValues =>
  Object.fromEntries(
    STACK_FIELD_NAMES.map((field) => [field, readField(field, fields[field]) ?? rows[field].byDefault]).filter(
      ([, value]) => value !== undefined,
    ),
  ) as StackValues;

const readField = (field: StackFieldName, value: string | undefined): unknown =>
  value === undefined ? undefined : rows[field].read(value);

/** Says what is wrong with a text that is refused; undefined for every other text. */
export function problemOfField(field: StackFieldName, value: string | undefined): string | undefined {
  const { expects } = rows[field];
  if (expects === undefined || value === undefined || readField(field, value) !== undefined) return undefined;
  return `is "${value}": set it to ${expects}`;
}

function fieldsBy(find: (field: StackFieldName) => unknown): StackFields {
  return Object.fromEntries(
    STACK_FIELD_NAMES.map((field) => [field, textOf(find(field))]).filter(([, value]) => value !== undefined),
  ) as StackFields;
}

/** An empty text says nothing: shells cannot tell an empty variable from none. */
const textOf = (value: unknown): string | undefined =>
  (typeof value === 'string' && value !== '') || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined;

function renamed(
  fields: StackFields,
  rename: (field: StackFieldName) => string | undefined,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    STACK_FIELD_NAMES.flatMap((field) => {
      const name = rename(field);
      const value = fields[field];
      return name === undefined || value === undefined ? [] : [[name, value]];
    }),
  );
}

const asRecord = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
