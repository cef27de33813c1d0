import type { Action } from '../action.js';
import { Fields } from '../fields.js';
import { NAME, readClientToken, readSettings } from '../schedule.js';

/** https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html */
export const createSchedule: Action = ({ schedules, name, body }) => {
  const fields = Fields.of({ ...Fields.record(body), Name: name });
  fields.requiredText('Name', NAME);
  const token = readClientToken(fields);
  return { ScheduleArn: schedules.create(name, readSettings(fields), token).arn };
};
