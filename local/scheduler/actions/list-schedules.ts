import type { Action } from '../action.js';
import { invalid } from '../errors.js';
import { Fields } from '../fields.js';
import { NAME, STATES } from '../schedule.js';

const MAX_RESULTS = { min: 1, max: 100 } as const;

/**
 * Lists the schedules in the order of their names.
 * https://docs.aws.amazon.com/scheduler/latest/APIReference/API_ListSchedules.html
 */
export const listSchedules: Action = ({ schedules, parameters }) => {
  const max = parameters.get('MaxResults');
  const fields = Fields.of({
    GroupName: parameters.get('ScheduleGroup'),
    NamePrefix: parameters.get('NamePrefix'),
    State: parameters.get('State'),
    MaxResults: max === null ? undefined : Number(max),
  });
  const groupName = fields.text('GroupName', NAME);
  const prefix = fields.text('NamePrefix', NAME) ?? '';
  const state = fields.oneOf('State', STATES);
  const size = fields.integer('MaxResults', MAX_RESULTS) ?? MAX_RESULTS.max;
  fields.check();
  if (groupName !== undefined) schedules.checkGroup(groupName);
  const after = readToken(parameters.get('NextToken'));
  const left = schedules
    .all()
    .filter(
      ({ name, settings }) => name > after && name.startsWith(prefix) && settings.state === (state ?? settings.state),
    );
  const shown = left.slice(0, size);
  const last = shown.at(-1)?.name;
  return {
    Schedules: shown.map(({ name, arn, createdAtMs, modifiedAtMs, settings }) => ({
      Arn: arn,
      Name: name,
      GroupName: settings.groupName,
      State: settings.state,
      CreationDate: createdAtMs / 1000,
      LastModificationDate: modifiedAtMs / 1000,
      Target: { Arn: settings.target.arn },
    })),
    ...(left.length > shown.length && last !== undefined ? { NextToken: writeToken(last) } : {}),
  };
};

/** The token is opaque to clients; it holds the name of the last schedule of the page. */
const writeToken = (name: string): string => Buffer.from(name).toString('base64url');

function readToken(token: string | null): string {
  if (token === null) return '';
  const name = Buffer.from(token, 'base64url').toString();
  if (token === '' || writeToken(name) !== token || !NAME.pattern.test(name)) {
    throw invalid(`Invalid NextToken ${token.slice(0, 100)}.`);
  }
  return name;
}
