import http from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  ConflictException,
  CreateScheduleCommand,
  DeleteScheduleCommand,
  GetScheduleCommand,
  ResourceNotFoundException,
  SchedulerClient,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeSchedulerClient } from '../../aws/clients.js';
import { makeDeadManSwitch, SWITCH_DELAY_MS, switchName } from '../../aws/dead-man-switch.js';
import { startLocalCloud } from '../../local/cloud.js';
import { parseOptions } from '../../local/options.js';
import { mockedClient } from '../support/mocked-client.js';

const { signal } = new AbortController();
const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
const scheduler = { roleArn: 'arn:aws:iam::123456789012:role/switch', groupName: 'pool' };
const stack = { name: 'pool', scheduler };
const fleetId = (): string => 'fleet-1';
const nowMs = () => Date.UTC(2026, 0, 1, 12, 0, 0, 1);
const mock = mockedClient(SchedulerClient);
const client = makeSchedulerClient({ region: 'us-east-1', credentials });
const metadata = { httpStatusCode: 400 };
const missing = new ResourceNotFoundException({ message: 'no', Message: 'no', $metadata: metadata });
const conflict = new ConflictException({ message: 'there', Message: 'there', $metadata: metadata });

beforeEach(() => {
  mock.reset();
});
afterAll(() => mock.restore());

const sent = () => mock.calls().map(({ args }) => args[0].constructor.name);

describe('the dead-man’s switch', () => {
  it('is a schedule of the stack, fifteen minutes ahead, that sets target 0 without ending anything', async () => {
    mock.on(UpdateScheduleCommand).resolves({});
    const deadMan = makeDeadManSwitch(client, { fleetId, stack, nowMs });
    await deadMan.arm(signal);
    const [call] = mock.commandCalls(UpdateScheduleCommand);
    const { Target, ...schedule } = call!.args[0].input;
    expect(schedule).toMatchObject({
      Name: 'pool',
      GroupName: 'pool',
      ScheduleExpression: 'at(2026-01-01T12:15:01)',
      ScheduleExpressionTimezone: 'UTC',
      FlexibleTimeWindow: { Mode: 'OFF' },
      State: 'ENABLED',
      ActionAfterCompletion: 'DELETE',
    });
    expect(Target).toMatchObject({ Arn: 'arn:aws:scheduler:::aws-sdk:ec2:modifyFleet', RoleArn: scheduler.roleArn });
    expect(JSON.parse(Target!.Input!)).toEqual({
      FleetId: 'fleet-1',
      ExcessCapacityTerminationPolicy: 'no-termination',
      TargetCapacitySpecification: { TotalTargetCapacity: 0 },
    });
    expect(deadMan.pushOutEveryMs).toBe(SWITCH_DELAY_MS / 15);
  });

  it('parks a Spot Fleet by its own API', async () => {
    mock.on(UpdateScheduleCommand).resolves({});
    await makeDeadManSwitch(client, { stack, fleetId: () => 'sfr-1', nowMs }).arm(signal);
    const { Target } = mock.commandCalls(UpdateScheduleCommand)[0]!.args[0].input;
    expect(Target?.Arn).toBe('arn:aws:scheduler:::aws-sdk:ec2:modifySpotFleetRequest');
    expect(JSON.parse(Target!.Input!)).toEqual({
      SpotFleetRequestId: 'sfr-1',
      TargetCapacity: 0,
      ExcessCapacityTerminationPolicy: 'noTermination',
    });
  });

  it('is created when it does not exist', async () => {
    mock.on(UpdateScheduleCommand).rejects(missing).on(CreateScheduleCommand).resolves({});
    await makeDeadManSwitch(client, { fleetId, stack, nowMs }).arm(signal);
    expect(sent()).toEqual(['UpdateScheduleCommand', 'CreateScheduleCommand']);
  });

  it('is postponed when another controller was faster to create it', async () => {
    mock.on(UpdateScheduleCommand).rejectsOnce(missing).resolves({}).on(CreateScheduleCommand).rejects(conflict);
    await makeDeadManSwitch(client, { fleetId, stack, nowMs }).arm(signal);
    expect(sent()).toEqual(['UpdateScheduleCommand', 'CreateScheduleCommand', 'UpdateScheduleCommand']);
  });

  it('reports that it cannot be armed, and gives up on a missing group', async () => {
    mock.on(UpdateScheduleCommand).rejects(missing).on(CreateScheduleCommand).rejects(missing);
    await expect(makeDeadManSwitch(client, { fleetId, stack, nowMs }).arm(signal)).rejects.toThrow('no');
    expect(sent()).toHaveLength(2);
    const unnamed = { name: 'pool' };
    await expect(makeDeadManSwitch(client, { fleetId, stack: unnamed, nowMs }).arm(signal)).rejects.toThrow(
      /pool names no role.*SPOTPOOL_SCHEDULER_ROLE_ARN/s,
    );
  });

  it('is removed once the fleet is parked, whether it exists or not', async () => {
    mock.on(DeleteScheduleCommand).resolvesOnce({}).rejectsOnce(missing).rejects(new Error('denied'));
    const deadMan = makeDeadManSwitch(client, { fleetId, stack, nowMs });
    await deadMan.disarm(signal);
    await deadMan.disarm(signal);
    expect(mock.commandCalls(DeleteScheduleCommand)[0]!.args[0].input).toMatchObject({
      Name: 'pool',
      GroupName: 'pool',
    });
    await expect(deadMan.disarm(signal)).rejects.toThrow('denied');
  });

  it('has a valid name for a schedule, another one for each stack', () => {
    expect(switchName('spotpool-local')).toBe('spotpool-local');
    const long = ['x'.repeat(80), `${'x'.repeat(79)}y`, 'a/b', 'a b'].map(switchName);
    expect(new Set(long).size).toBe(long.length);
    for (const name of long) expect(name).toMatch(/^[0-9a-zA-Z-_.]{1,64}$/);
  });
});

describe('the dead-man’s switch, through the real SDK', () => {
  const cleanups: (() => unknown)[] = [];
  beforeEach(() => mock.restore());
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  it('is armed and postponed on the local cloud', async () => {
    const cloud = await startLocalCloud(parseOptions([]));
    cleanups.push(() => cloud.close());
    const local = makeSchedulerClient({ region: cloud.region, endpoint: cloud.endpoint, credentials: cloud.accessKey });
    cleanups.push(() => local.destroy());
    let time = nowMs();
    const onCloud = { ...stack, scheduler: { ...scheduler, groupName: 'default' } };
    const deadMan = makeDeadManSwitch(local, { fleetId, stack: onCloud, nowMs: () => time });
    const expression = async () => (await local.send(new GetScheduleCommand({ Name: 'pool' }))).ScheduleExpression;
    time += 100 * 365 * 24 * 3_600_000; // far from firing
    await deadMan.arm(signal);
    expect(await expression()).toBe('at(2125-12-08T12:15:01)');
    time += 60_000;
    await deadMan.arm(signal);
    expect(await expression()).toBe('at(2125-12-08T12:16:01)');
    await deadMan.disarm(signal);
    await expect(expression()).rejects.toThrow('Schedule pool does not exist.');
  });

  it('uses the clock of AWS when the clock of this machine is wrong', async () => {
    const aheadMs = 3_600_000;
    const expressions: string[] = [];
    const server = http.createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const { ScheduleExpression } = JSON.parse(Buffer.concat(parts).toString()) as { ScheduleExpression: string };
        expressions.push(ScheduleExpression);
        response.setHeader('date', new Date(Date.now() + aheadMs).toUTCString()).end('{}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => new Promise((resolve) => server.close(resolve)));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const skewed = makeSchedulerClient({ region: 'us-east-1', endpoint, credentials });
    cleanups.push(() => skewed.destroy());
    await makeDeadManSwitch(skewed, { fleetId, stack, nowMs: Date.now }).arm(signal);
    expect(expressions).toHaveLength(2);
    const [first = 0, second = 0] = expressions.map((text) => Date.parse(`${text.slice(3, -1)}Z`));
    expect(Math.abs(second - first - aheadMs)).toBeLessThan(10_000);
  });
});
