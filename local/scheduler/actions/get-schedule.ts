import type { Action } from '../action.js';
import { Fields } from '../fields.js';
import { readScheduleId } from '../schedule.js';

/** https://docs.aws.amazon.com/scheduler/latest/APIReference/API_GetSchedule.html */
export const getSchedule: Action = ({ schedules, name, parameters }) => {
  const fields = Fields.of({ Name: name, GroupName: parameters.get('groupName') });
  const id = readScheduleId(fields);
  fields.check();
  const { arn, createdAtMs, modifiedAtMs, settings } = schedules.get(id);
  const { target } = settings;
  return {
    Arn: arn,
    GroupName: settings.groupName,
    Name: name,
    ScheduleExpression: settings.expression,
    ScheduleExpressionTimezone: settings.timeZone,
    StartDate: settings.startDate,
    EndDate: settings.endDate,
    Description: settings.description,
    State: settings.state,
    ActionAfterCompletion: settings.afterCompletion,
    CreationDate: createdAtMs / 1000,
    LastModificationDate: modifiedAtMs / 1000,
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: {
      Arn: target.arn,
      RoleArn: target.roleArn,
      Input: target.input,
      RetryPolicy: {
        MaximumEventAgeInSeconds: target.retry.maxAgeSeconds,
        MaximumRetryAttempts: target.retry.maxRetries,
      },
    },
  };
};
