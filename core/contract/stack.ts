import { definedFields } from '../defined-fields.js';
import {
  type CertainField,
  type MemberField,
  REQUIRED_FIELDS,
  type StackFieldName,
  type StackValue,
  type StackValues,
} from './stack-fields.js';

export type { Architecture } from './stack-fields.js';

/** The stack that a command talks to: the same on AWS, LocalStack and the local cloud. The table in stack-fields.ts explains its fields. */
export type StackConfig = { readonly [Name in CertainField]: StackValue<Name> } & {
  readonly [Name in Exclude<StackFieldName, CertainField | MemberField>]?: StackValue<Name>;
} & {
  /** The place of the dead-man's switch: without it nobody may raise the fleet (R9). */
  readonly scheduler?: SchedulerConfig;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
};

export interface SchedulerConfig {
  /** EventBridge Scheduler assumes this role to modify the fleet. */
  readonly roleArn: string;
  readonly groupName: string;
}

/** Every account has this schedule group. */
export const DEFAULT_SCHEDULE_GROUP = 'default';

type CertainValues = StackValues & { readonly [Name in CertainField]: StackValue<Name> };

/** Tells whether the values of all required fields are there. */
const isCertain = (values: StackValues): values is CertainValues =>
  REQUIRED_FIELDS.every((field) => values[field] !== undefined);

/** Returns undefined unless the values of all required fields are there. */
export function configOfValues(values: StackValues): StackConfig | undefined {
  if (!isCertain(values)) return undefined;
  const { schedulerRoleArn, schedulerGroup, accessKeyId, secretAccessKey, ...others } = values;
  const scheduler =
    schedulerRoleArn === undefined
      ? undefined
      : { roleArn: schedulerRoleArn, groupName: schedulerGroup ?? DEFAULT_SCHEDULE_GROUP };
  const credentials =
    accessKeyId === undefined || secretAccessKey === undefined ? undefined : { accessKeyId, secretAccessKey };
  return { ...definedFields(others), ...definedFields({ scheduler, credentials }) };
}
