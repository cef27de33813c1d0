/**
 * The settings of a schedule, read and checked. Create and update take the same settings; an update resets those
 * that it leaves out.
 */
import { fireTimeMs } from './at-expression.js';
import { notSupported } from './errors.js';
import type { Fields } from './fields.js';
import { parseInput, type UniversalTarget, universalTarget } from './targets.js';

export interface ScheduleSettings {
  readonly groupName: string;
  readonly expression: string;
  readonly timeZone: string;
  readonly dueMs: number;
  readonly state: 'ENABLED' | 'DISABLED';
  readonly afterCompletion: 'NONE' | 'DELETE';
  readonly description: string | undefined;
  /** Both dates are kept and given back: AWS ignores them for one-time schedules. */
  readonly startDate: number | undefined;
  readonly endDate: number | undefined;
  readonly target: ScheduleTarget;
}

export interface ScheduleTarget {
  readonly arn: string;
  readonly roleArn: string;
  readonly input: string;
  readonly universal: UniversalTarget;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly retry: RetryPolicy;
}

/** A group and a name identify a schedule. */
export interface ScheduleId {
  readonly groupName: string;
  readonly name: string;
}

export interface RetryPolicy {
  readonly maxAgeSeconds: number;
  readonly maxRetries: number;
}

export const DEFAULT_GROUP = 'default';
export const STATES = ['ENABLED', 'DISABLED'] as const;
export const NAME = { min: 1, max: 64, pattern: /^[0-9a-zA-Z-_.]+$/ } as const;
const CLIENT_TOKEN = { min: 1, max: 64, pattern: /^[a-zA-Z0-9-_]+$/ } as const;
const ROLE_ARN = { min: 1, max: 1600, pattern: /^arn:aws(-[a-z]+)*:iam::\d{12}:role\/[\w+=,.@\/-]+$/ } as const;
const ARN = { min: 1, max: 1600 } as const;
const EXPRESSION = { min: 1, max: 256 } as const;
const TIME_ZONE = { min: 1, max: 50 } as const;
const DESCRIPTION = { min: 0, max: 512 } as const;
/** AWS documents only a minimum length; the request's size bounds it. */
const INPUT = { min: 1, max: Number.MAX_SAFE_INTEGER } as const;
/**
 * These are AWS's own limits and defaults.
 * https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html
 */
const RETRY_AGE_SECONDS = { min: 60, max: 86_400 } as const;
const RETRIES = { min: 0, max: 185 } as const;

export const readClientToken = (fields: Fields): string | undefined => fields.text('ClientToken', CLIENT_TOKEN);

export function readScheduleId(fields: Fields): ScheduleId {
  return { name: fields.requiredText('Name', NAME), groupName: fields.text('GroupName', NAME) ?? DEFAULT_GROUP };
}

export function readSettings(fields: Fields): ScheduleSettings {
  const plain = {
    groupName: fields.text('GroupName', NAME) ?? DEFAULT_GROUP,
    expression: fields.requiredText('ScheduleExpression', EXPRESSION),
    timeZone: fields.text('ScheduleExpressionTimezone', TIME_ZONE) ?? 'UTC',
    state: fields.oneOf('State', STATES) ?? 'ENABLED',
    afterCompletion: fields.oneOf('ActionAfterCompletion', ['NONE', 'DELETE']) ?? 'NONE',
    description: fields.text('Description', DESCRIPTION),
    startDate: fields.timestamp('StartDate'),
    endDate: fields.timestamp('EndDate'),
  } as const;
  const window = fields.requiredObject('FlexibleTimeWindow').requiredOneOf('Mode', ['OFF', 'FLEXIBLE']);
  const target = readTarget(fields.requiredObject('Target'), fields);
  if (window === 'FLEXIBLE') throw notSupported('a FlexibleTimeWindow: only the mode OFF');
  if (fields.has('KmsKeyArn')) throw notSupported('KmsKeyArn');
  return { ...plain, dueMs: fireTimeMs(plain.expression, plain.timeZone), target };
}

function readTarget(fields: Fields, whole: Fields): ScheduleTarget {
  const arn = fields.requiredText('Arn', ARN);
  const roleArn = fields.requiredText('RoleArn', ROLE_ARN);
  const input = fields.text('Input', INPUT) ?? '{}';
  const policy = fields.object('RetryPolicy');
  const retry = {
    maxAgeSeconds: policy?.integer('MaximumEventAgeInSeconds', RETRY_AGE_SECONDS) ?? RETRY_AGE_SECONDS.max,
    maxRetries: policy?.integer('MaximumRetryAttempts', RETRIES) ?? RETRIES.max,
  };
  whole.check();
  if (fields.has('DeadLetterConfig')) {
    throw notSupported('DeadLetterConfig; GET /_local/state shows failed calls');
  }
  const other = fields.names().find((name) => !['Arn', 'RoleArn', 'Input', 'RetryPolicy'].includes(name));
  if (other !== undefined) throw notSupported(`Target.${other}`);
  const universal = universalTarget(arn);
  return { arn, roleArn, input, universal, parameters: parseInput(universal, input), retry };
}
