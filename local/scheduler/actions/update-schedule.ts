import type { Action } from '../action.js';
import { Fields } from '../fields.js';
import { NAME, readClientToken, readSettings } from '../schedule.js';

/**
 * Members that the request leaves out return to their defaults, as on AWS.
 * https://docs.aws.amazon.com/scheduler/latest/APIReference/API_UpdateSchedule.html
 */
export const updateSchedule: Action = ({ schedules, name, body }) => {
  const fields = Fields.of({ ...Fields.record(body), Name: name });
  fields.requiredText('Name', NAME);
  const token = readClientToken(fields);
  return { ScheduleArn: schedules.update(name, readSettings(fields), token).arn };
};
