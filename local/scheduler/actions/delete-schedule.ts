import type { Action } from '../action.js';
import { Fields } from '../fields.js';
import { readClientToken, readScheduleId } from '../schedule.js';

/** https://docs.aws.amazon.com/scheduler/latest/APIReference/API_DeleteSchedule.html */
export const deleteSchedule: Action = ({ schedules, name, parameters }) => {
  const fields = Fields.of({
    Name: name,
    GroupName: parameters.get('groupName'),
    ClientToken: parameters.get('clientToken'),
  });
  const id = readScheduleId(fields);
  const token = readClientToken(fields);
  fields.check();
  schedules.delete(id, token);
  return {};
};
