/**
 * https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html, …/API_GetSchedule.html,
 * …/API_UpdateSchedule.html, …/API_DeleteSchedule.html, …/API_ListSchedules.html
 */
import {
  CreateScheduleCommand,
  DeleteScheduleCommand,
  GetScheduleCommand,
  ListSchedulesCommand,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { conformanceTarget, inWords, unique } from '../target.js';
import { remove, scheduleOf, TARGET } from './schedules.js';
import { errorOf } from '../../support/error-of.js';

const target = conformanceTarget();
const client = () => target().scheduler;
let name: string;
beforeEach(() => {
  name = unique('schedule');
});
afterEach(() => remove(target(), name));

describe('one-time schedules: create, get, update, delete', () => {
  it('creates a schedule with the defaults of AWS', async () => {
    const { ScheduleArn } = await client().send(new CreateScheduleCommand(scheduleOf(name)));
    expect(ScheduleArn).toMatch(new RegExp(`^arn:aws:scheduler:us-east-1:\\d{12}:schedule/default/${name}$`));
    const found = await client().send(new GetScheduleCommand({ Name: name }));
    expect(found).toMatchObject({
      Arn: ScheduleArn,
      Name: name,
      GroupName: 'default',
      ScheduleExpression: 'at(2099-12-31T23:59:59)',
      ScheduleExpressionTimezone: 'UTC',
      State: 'ENABLED',
      ActionAfterCompletion: 'NONE',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: { ...TARGET, RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 } },
    });
    expect(found.CreationDate).toBeInstanceOf(Date);
    expect(found.LastModificationDate).toEqual(found.CreationDate);
  });

  it('returns a schedule as it was created', async () => {
    const given = {
      ...scheduleOf(name),
      GroupName: 'default',
      ScheduleExpressionTimezone: 'America/New_York',
      Description: 'parks the fleet',
      State: 'DISABLED',
      ActionAfterCompletion: 'DELETE',
      Target: { ...TARGET, RetryPolicy: { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 0 } },
    } as const;
    await client().send(new CreateScheduleCommand(given));
    expect(await client().send(new GetScheduleCommand({ Name: name, GroupName: 'default' }))).toMatchObject(given);
  });

  it('takes a Spot Fleet request as target', async () => {
    const Target = {
      ...TARGET,
      Arn: 'arn:aws:scheduler:::aws-sdk:ec2:modifySpotFleetRequest',
      Input: JSON.stringify({
        SpotFleetRequestId: 'sfr-00000000-0000-0000-0000-000000000000',
        TargetCapacity: 0,
        ExcessCapacityTerminationPolicy: 'noTermination',
      }),
    };
    await client().send(new CreateScheduleCommand({ ...scheduleOf(name), Target }));
    expect((await client().send(new GetScheduleCommand({ Name: name }))).Target).toMatchObject(Target);
  });

  it('resets settings that an update leaves out to their defaults', async () => {
    const { ScheduleArn } = await client().send(
      new CreateScheduleCommand({ ...scheduleOf(name), Description: 'first', State: 'DISABLED' }),
    );
    const updated = await client().send(
      new UpdateScheduleCommand({ ...scheduleOf(name), ScheduleExpression: 'at(2098-01-01T00:00:00)' }),
    );
    expect(updated.ScheduleArn).toBe(ScheduleArn);
    const found = await client().send(new GetScheduleCommand({ Name: name }));
    expect(found).toMatchObject({ ScheduleExpression: 'at(2098-01-01T00:00:00)', State: 'ENABLED' });
    expect(found.Description).toBeUndefined();
    expect(found.LastModificationDate!.getTime()).toBeGreaterThanOrEqual(found.CreationDate!.getTime());
  });

  it('deletes a schedule', async () => {
    await client().send(new CreateScheduleCommand(scheduleOf(name)));
    await client().send(new DeleteScheduleCommand({ Name: name }));
    expect(await errorOf(client().send(new GetScheduleCommand({ Name: name })))).toMatchObject({
      name: 'ResourceNotFoundException',
      status: 404,
    });
  });
});

describe('one-time schedules: client tokens', () => {
  it('answers a repeated create as it did the first time', async () => {
    const command = () => new CreateScheduleCommand({ ...scheduleOf(name), ClientToken: 'token-1' });
    const first = await client().send(command());
    expect((await client().send(command())).ScheduleArn).toBe(first.ScheduleArn);
  });

  it('answers a repeated update, although another came between', async () => {
    await client().send(new CreateScheduleCommand(scheduleOf(name)));
    const first = { ...scheduleOf(name), ScheduleExpression: 'at(2097-01-01T00:00:00)', ClientToken: 'token-1' };
    await client().send(new UpdateScheduleCommand(first));
    await client().send(
      new UpdateScheduleCommand({ ...first, ScheduleExpression: 'at(2098-01-01T00:00:00)', ClientToken: 'token-2' }),
    );
    await client().send(new UpdateScheduleCommand(first));
    const { ScheduleExpression } = await client().send(new GetScheduleCommand({ Name: name }));
    expect(ScheduleExpression).toBe('at(2098-01-01T00:00:00)');
  });

  it('answers a repeated delete', async () => {
    await client().send(new CreateScheduleCommand(scheduleOf(name)));
    await client().send(new DeleteScheduleCommand({ Name: name, ClientToken: 'token-1' }));
    await client().send(new DeleteScheduleCommand({ Name: name, ClientToken: 'token-1' }));
  });
});

describe('one-time schedules: list', () => {
  it('lists by prefix, state and page', async () => {
    const names = ['c', 'a', 'b'].map((letter) => `${name}-${letter}`);
    try {
      for (const Name of names) {
        const State = Name.endsWith('b') ? 'DISABLED' : 'ENABLED';
        await client().send(new CreateScheduleCommand({ ...scheduleOf(Name), State }));
      }
      const list = async (more: object) => client().send(new ListSchedulesCommand({ NamePrefix: name, ...more }));
      const all = await list({ GroupName: 'default' });
      // AWS documents no order.
      expect(all.Schedules?.map(({ Name }) => Name).sort()).toEqual([...names].sort());
      expect(all.NextToken).toBeUndefined();
      expect(all.Schedules?.find(({ Name }) => Name?.endsWith('-b') === true)).toMatchObject({
        GroupName: 'default',
        State: 'DISABLED',
        Target: { Arn: TARGET.Arn },
      });
      expect((await list({ State: 'ENABLED' })).Schedules).toHaveLength(2);

      const page = await list({ MaxResults: 2 });
      expect(page.Schedules).toHaveLength(2);
      const rest = await list({ MaxResults: 2, NextToken: page.NextToken });
      const paged = [...(page.Schedules ?? []), ...(rest.Schedules ?? [])].map(({ Name }) => Name);
      expect(paged.sort()).toEqual([...names].sort());
      expect(rest.NextToken).toBeUndefined();
    } finally {
      await remove(target(), ...names);
    }
  });
});

describe('one-time schedules: errors', () => {
  const missing = () => ({
    name: 'ResourceNotFoundException',
    status: 404,
    message: `Schedule ${name} does not exist.`,
  });

  it('reports that a schedule does not exist', async () => {
    expect(await errorOf(client().send(new GetScheduleCommand({ Name: name })))).toMatchObject(missing());
    expect(await errorOf(client().send(new UpdateScheduleCommand(scheduleOf(name))))).toMatchObject(missing());
    expect(await errorOf(client().send(new DeleteScheduleCommand({ Name: name })))).toMatchObject(missing());
  });

  it('reports that a schedule exists already', async () => {
    await client().send(new CreateScheduleCommand(scheduleOf(name)));
    expect(await errorOf(client().send(new CreateScheduleCommand(scheduleOf(name))))).toMatchObject({
      name: 'ConflictException',
      status: 409,
      message: `Schedule ${name} already exists.`,
    });
  });

  it('reports that a group does not exist', async () => {
    const inGroup = { ...scheduleOf(name), GroupName: unique('group') };
    expect((await errorOf(client().send(new CreateScheduleCommand(inGroup)))).name).toBe('ResourceNotFoundException');
  });

  it.each([
    ['no time', 'at(tomorrow)'],
    ['a day that no calendar has', 'at(2099-02-30T00:00:00)'],
    ['a time with a zone of its own', 'at(2099-01-01T00:00:00Z)'],
    ['another function', 'once(2099-01-01T00:00:00)'],
  ])('refuses an expression with %s', async (_, ScheduleExpression) => {
    const { name: code, message } = await errorOf(
      client().send(new CreateScheduleCommand({ ...scheduleOf(name), ScheduleExpression })),
    );
    expect(code).toBe('ValidationException');
    expect(message).toEqual(inWords(`Invalid Schedule Expression ${ScheduleExpression}.`));
  });

  it('refuses an unknown time zone', async () => {
    const bad = { ...scheduleOf(name), ScheduleExpressionTimezone: 'Mars/Olympus' };
    expect((await errorOf(client().send(new CreateScheduleCommand(bad)))).name).toBe('ValidationException');
  });

  it('refuses an invalid name', async () => {
    const { name: code, message } = await errorOf(client().send(new CreateScheduleCommand(scheduleOf('a#b'))));
    expect(code).toBe('ValidationException');
    expect(message).toEqual(
      inWords(
        "Value 'a#b' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [0-9a-zA-Z-_.]+",
      ),
    );
  });

  it('refuses a retry policy out of bounds, and an invalid role', async () => {
    const Target = {
      ...TARGET,
      RoleArn: 'nobody',
      RetryPolicy: { MaximumEventAgeInSeconds: 59, MaximumRetryAttempts: 186 },
    };
    const { name: code, message } = await errorOf(
      client().send(new CreateScheduleCommand({ ...scheduleOf(name), Target })),
    );
    expect(code).toBe('ValidationException');
    expect(message).toEqual(inWords(/^3 validation errors detected: /));
    expect(message).toEqual(inWords("at 'target.roleArn'"));
    expect(message).toEqual(inWords("Value '59' at 'target.retryPolicy.maximumEventAgeInSeconds'"));
    expect(message).toEqual(inWords("Value '186' at 'target.retryPolicy.maximumRetryAttempts'"));
  });

  it('refuses the input of a universal target whose names are not in upper camel case', async () => {
    const Target = { ...TARGET, Input: JSON.stringify({ fleetId: 'fleet-1' }) };
    const { name: code, message } = await errorOf(
      client().send(new CreateScheduleCommand({ ...scheduleOf(name), Target })),
    );
    expect(code).toBe('ValidationException');
    expect(message).toEqual(
      inWords('Invalid RequestJson provided. Reason Request payload is missing the following field(s): FleetId.'),
    );
  });
});
