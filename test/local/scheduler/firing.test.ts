import {
  CreateScheduleCommand,
  GetScheduleCommand,
  SchedulerClient,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startServer } from '../../../local/http/server.js';
import { Schedules } from '../../../local/scheduler/schedules.js';
import { createSchedulerService } from '../../../local/scheduler/service.js';
import { scheduleOf, TARGET } from '../../conformance/scheduler/schedules.js';
import { errorOf } from '../../support/error-of.js';
import { testCredentials, testRegion } from '../support/cloud.js';
import { FakeClock } from '../support/fake-clock.js';

const HOUR_MS = 3_600_000;
const cleanups: (() => unknown)[] = [];
let clock: FakeClock;
let schedules: Schedules;
let client: SchedulerClient;
let calls: [string, Readonly<Record<string, unknown>>][];
/** The error that the target throws while it is set. */
let failure: Error | undefined;

beforeEach(async () => {
  clock = new FakeClock(Date.UTC(2026, 0, 1, 12));
  calls = [];
  failure = undefined;
  schedules = new Schedules({
    clock,
    region: testRegion,
    invoke: (action, parameters) => {
      calls.push([action, parameters]);
      if (failure !== undefined) throw failure;
    },
  });
  const server = await startServer({ scheduler: createSchedulerService({ schedules }) }, { port: 0 });
  client = new SchedulerClient({
    endpoint: server.endpoint,
    region: testRegion,
    credentials: testCredentials,
    maxAttempts: 1,
  });
  cleanups.push(
    () => schedules.close(),
    () => server.close(),
    () => client.destroy(),
  );
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const at = (time: string) => ({ ...scheduleOf('parks'), ScheduleExpression: `at(2026-01-01T${time})` });
const create = (time: string, more: object = {}) => client.send(new CreateScheduleCommand({ ...at(time), ...more }));
const update = (time: string, more: object = {}) => client.send(new UpdateScheduleCommand({ ...at(time), ...more }));
const exists = async () =>
  (await errorOf(client.send(new GetScheduleCommand({ Name: 'parks' }))).catch(() => undefined)) === undefined;

describe('a one-time schedule', () => {
  it('fires once, at its time, with its input', async () => {
    await create('13:00:00');
    clock.advance(HOUR_MS - 1);
    expect(calls).toEqual([]);
    clock.advance(1);
    expect(calls).toEqual([['ModifyFleet', JSON.parse(TARGET.Input)]]);
    clock.advance(24 * HOUR_MS);
    expect(calls).toHaveLength(1);
    expect(await exists(), 'ActionAfterCompletion is NONE').toBe(true);
    expect(schedules.invocations()).toMatchObject([{ schedule: 'parks', state: 'succeeded', attempts: 1 }]);
  });

  it('fires at the time of its zone', async () => {
    await create('08:30:00', { ScheduleExpressionTimezone: 'America/New_York' });
    clock.advance(1.5 * HOUR_MS - 1);
    expect(calls).toHaveLength(0);
    clock.advance(1);
    expect(calls).toHaveLength(1);
  });

  it('is postponed by each update', async () => {
    await create('12:15:00');
    for (const time of ['12:25:00', '12:35:00', '12:45:00']) {
      clock.advance(600_000);
      await update(time);
    }
    clock.advance(900_000 - 1);
    expect(calls).toHaveLength(0);
    clock.advance(1);
    expect(calls).toHaveLength(1);
  });

  it('fires immediately when its time has passed, and again only for another time', async () => {
    await create('11:00:00');
    clock.advance(0);
    expect(calls).toHaveLength(1);
    await update('11:00:00', { Description: 'the same time' });
    clock.advance(0);
    expect(calls).toHaveLength(1);
    await update('12:00:01');
    clock.advance(1_000);
    expect(calls).toHaveLength(2);
  });

  it('does not fire while it is disabled', async () => {
    await create('12:01:00', { State: 'DISABLED' });
    clock.advance(HOUR_MS);
    expect(calls).toHaveLength(0);
  });

  it('deletes itself after it has fired, if configured', async () => {
    await create('12:01:00', { ActionAfterCompletion: 'DELETE' });
    clock.advance(60_000);
    expect(calls).toHaveLength(1);
    expect(await exists()).toBe(false);
  });
});

describe('a target that answers with an error', () => {
  const busy = new Error('The fleet is being modified.');

  it('is called again after growing waits, until it succeeds', async () => {
    failure = busy;
    await create('12:01:00', { ActionAfterCompletion: 'DELETE' });
    clock.advance(60_000 + 1_000);
    expect(calls).toHaveLength(2);
    expect(await exists(), 'it is not complete').toBe(true);
    expect(schedules.invocations()).toMatchObject([{ state: 'retrying', attempts: 2, error: busy.message }]);
    failure = undefined;
    clock.advance(2_000);
    expect(calls).toHaveLength(3);
    expect(await exists()).toBe(false);
  });

  it('is given up after the retries of its policy, and the state shows it', async () => {
    failure = busy;
    await create('12:01:00', { Target: { ...TARGET, RetryPolicy: { MaximumRetryAttempts: 2 } } });
    clock.advance(24 * HOUR_MS);
    expect(calls).toHaveLength(3);
    expect(schedules.invocations()).toMatchObject([{ state: 'failed', attempts: 3, error: busy.message }]);
    expect(clock.armed).toBe(0);
  });

  it('is given up when the event is older than its policy allows', async () => {
    failure = busy;
    await create('12:01:00', { Target: { ...TARGET, RetryPolicy: { MaximumEventAgeInSeconds: 60 } } });
    clock.advance(60_000 + 60_000);
    expect(clock.armed).toBe(0);
    expect(schedules.invocations()).toMatchObject([{ state: 'failed', attempts: 6 }]);
  });

  it('does not remove a schedule that was updated meanwhile', async () => {
    failure = busy;
    await create('12:01:00', { ActionAfterCompletion: 'DELETE' });
    clock.advance(60_000);
    await update('14:00:00', { ActionAfterCompletion: 'DELETE' });
    failure = undefined;
    clock.advance(1_000);
    expect(await exists()).toBe(true);
    clock.advance(2 * HOUR_MS);
    expect(calls).toHaveLength(3);
    expect(await exists()).toBe(false);
  });
});

describe('an unserved feature', () => {
  it.each([
    ['a recurring schedule', { ScheduleExpression: 'rate(1 minute)' }, /rate\(1 minute\)/],
    ['a cron schedule', { ScheduleExpression: 'cron(0 0 * * ? *)' }, /only one-time schedules/],
    [
      'a flexible window',
      { FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 5 } },
      /FlexibleTimeWindow/,
    ],
    ['a key', { KmsKeyArn: 'arn:aws:kms:us-east-1:000000000000:key/1' }, /KmsKeyArn/],
    [
      'another service',
      { Target: { ...TARGET, Arn: 'arn:aws:scheduler:::aws-sdk:sqs:sendMessage' } },
      /sqs:sendMessage/,
    ],
    [
      'a templated target',
      { Target: { ...TARGET, Arn: 'arn:aws:lambda:us-east-1:000000000000:function:f' } },
      /function:f/,
    ],
    [
      'a dead-letter queue',
      { Target: { ...TARGET, DeadLetterConfig: { Arn: 'arn:aws:sqs:us-east-1:000000000000:dead' } } },
      /DeadLetterConfig/,
    ],
    ['a field that the target has not', { Target: { ...TARGET, Input: '{"FleetId":"f","Nonsense":1}' } }, /Nonsense/],
  ])('%s is refused with an explanation', async (_, more, message) => {
    const refused = await errorOf(create('13:00:00', more));
    expect(refused.name).toBe('ValidationException');
    expect(refused.message).toMatch(/local cloud/);
    expect(refused.message).toMatch(message);
  });
});
