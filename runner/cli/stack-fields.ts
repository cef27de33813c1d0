/** Reads a stack's configuration out of CDK outputs, the JSON of `local up --json`, or environment variables. Pure. */
import { configOfValues, type StackConfig } from '../../core/contract/stack.js';
import {
  fieldsOfEnvironment,
  fieldsOfRecord,
  outputName,
  problemOfField,
  REQUIRED_FIELDS,
  STACK_FIELD_NAMES,
  STACK_FIELDS,
  type StackFieldName,
  type StackFields,
  valuesOf,
  variableOf,
} from '../../core/contract/stack-fields.js';
import { UserError } from '../errors.js';

export type { StackFields } from '../../core/contract/stack-fields.js';

/** LocalStack writes this for an output of a resource that it does not make. */
export const UNKNOWN = 'unknown';

export const DEFAULT_STACK_NAME = STACK_FIELDS.name.byDefault;

export function stacksInFile(text: string, file: string): readonly StackFields[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UserError(`${file} is not JSON: ${(error as Error).message}`);
  }
  const record = asRecord(value);
  const flat = fieldsOfRecord(record);
  if (flat.queueUrl !== undefined) return [flat];
  return Object.entries(record)
    .map(([name, outputs]): StackFields => ({ name, ...fieldsOfRecord(asRecord(outputs)) }))
    .filter((fields) => fields.queueUrl !== undefined);
}

export const stackFromEnvironment = (env: NodeJS.ProcessEnv): StackConfig =>
  stackFromFields(fieldsOfEnvironment(env), 'the environment', env);

/** Makes the configuration of the fields of a file or of the environment, which completes region and endpoint. */
export function stackFromFields(fields: StackFields, source: string, env: NodeJS.ProcessEnv): StackConfig {
  const region = fields.region ?? regionOfQueue(fields.queueUrl) ?? (env['AWS_REGION'] || env['AWS_DEFAULT_REGION']);
  const endpoint = fields.endpoint ?? (endpointOfEnvironment(env) || undefined);
  const found = { ...fields, region, endpoint };
  if (found.fleetId === UNKNOWN) {
    throw new UserError(
      `The stack in ${source} has no fleet: its output FleetId is "${UNKNOWN}", because its emulator does not support EC2 Fleet. ` +
        'Make a Spot Fleet there: spotpool emulator fleet create --endpoint <url> (docs/reference/emulator.md).',
    );
  }
  for (const field of STACK_FIELD_NAMES) {
    const problem = problemOfField(field, found[field]);
    if (problem !== undefined) throw new UserError(`${outputName(field)} of the stack in ${source} ${problem}.`);
  }
  const config = configOfValues(valuesOf(found));
  if (config !== undefined) return config;
  const missing = REQUIRED_FIELDS.filter((field) => found[field] === undefined).map(outputAndVariable);
  throw new UserError(
    `The stack in ${source} lacks ${missing.join(', ')}. Set what is missing, or deploy the stack again.`,
  );
}

const outputAndVariable = (field: StackFieldName): string => {
  const variable = variableOf(field);
  return variable === undefined ? outputName(field) : `${outputName(field)} (${variable})`;
};

/**
 * Every SDK and the CDK read the same variables. Here the endpoint is handed to the clients explicitly, because an SQS client that finds it by itself
 * still goes to the host in a queue's URL. https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */
function endpointOfEnvironment(env: NodeJS.ProcessEnv): string | undefined {
  if (env['SPOTPOOL_ENDPOINT']) return env['SPOTPOOL_ENDPOINT'];
  return env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] === 'true' ? undefined : env['AWS_ENDPOINT_URL'];
}

/** Reads the region of `https://sqs.<region>.amazonaws.com/…`. */
function regionOfQueue(queueUrl: string | undefined): string | undefined {
  return /^https:\/\/sqs\.([a-z0-9-]+)\.amazonaws\.com/.exec(queueUrl ?? '')?.[1];
}

const asRecord = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
