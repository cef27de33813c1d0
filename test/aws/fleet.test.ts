import {
  DescribeFleetInstancesCommand,
  DescribeFleetsCommand,
  DescribeInstancesCommand,
  DescribeSpotFleetInstancesCommand,
  DescribeSpotFleetRequestsCommand,
  DescribeSpotPriceHistoryCommand,
  EC2Client,
  EC2ServiceException,
  type FleetStateCode,
  ModifyFleetCommand,
  ModifySpotFleetRequestCommand,
} from '@aws-sdk/client-ec2';
import { beforeEach, describe, expect, it } from 'vitest';
import { makeEc2Client } from '../../aws/clients.js';
import { makeFleet } from '../../aws/fleet.js';
import { FleetMissing } from '../../runner/errors.js';
import { Ec2SpotPrices } from '../../aws/spot-prices.js';
import { mockedClient } from '../support/mocked-client.js';

const ec2 = mockedClient(EC2Client);
const { signal } = new AbortController();
const client = makeEc2Client({ region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
const fleet = makeFleet(client, { fleetId: 'fleet-1', name: 'stack' });
const spotFleet = makeFleet(client, { fleetId: 'sfr-1', name: 'stack' });

const refusal = (name: string, message = name) =>
  new EC2ServiceException({ name, message, $fault: 'client', $metadata: { httpStatusCode: 400 } });

beforeEach(() => void ec2.reset());

describe('the target', () => {
  it('is set with no-termination on every call, for both kinds of fleet', async () => {
    ec2.onAnyCommand().resolves({});
    expect(await fleet.setTarget(3, signal)).toBe('accepted');
    expect(await spotFleet.setTarget(0, signal)).toBe('accepted');
    expect(ec2.commandCalls(ModifyFleetCommand)[0]?.args[0].input).toEqual({
      FleetId: 'fleet-1',
      ExcessCapacityTerminationPolicy: 'no-termination',
      TargetCapacitySpecification: { TotalTargetCapacity: 3 },
    });
    expect(ec2.commandCalls(ModifySpotFleetRequestCommand)[0]?.args[0].input).toEqual({
      SpotFleetRequestId: 'sfr-1',
      TargetCapacity: 0,
      ExcessCapacityTerminationPolicy: 'noTermination',
    });
  });

  it('is busy while the fleet is being modified, accepted when nothing changes, and otherwise an error', async () => {
    for (const each of [fleet, spotFleet]) {
      ec2.onAnyCommand().rejects(refusal('FleetNotInModifiableState'));
      expect(await each.setTarget(1, signal)).toBe('busy');
      ec2.onAnyCommand().rejects(refusal('InvalidParameterCombination', 'No attributes specified'));
      expect(await each.setTarget(1, signal)).toBe('accepted');
      ec2.onAnyCommand().rejects(refusal('UnauthorizedOperation'));
      await expect(each.setTarget(1, signal)).rejects.toThrow('UnauthorizedOperation');
    }
  });
});

describe('the description', () => {
  const launched = new Date('2026-01-01T00:00:00Z');
  const instance = (id: string, state: 'running' | 'terminated', code?: string) => ({
    InstanceId: id,
    State: { Name: state },
    InstanceType: 'c7g.large' as const,
    Placement: { AvailabilityZone: 'us-east-1b' },
    LaunchTime: launched,
    ...(code === undefined ? {} : { StateReason: { Code: code } }),
  });

  it('joins the pages of the fleet with the instances of the stack, ended ones too', async () => {
    ec2.on(DescribeFleetsCommand).resolves({
      Fleets: [
        {
          FleetState: 'active',
          TargetCapacitySpecification: { TotalTargetCapacity: 4 },
          FulfilledCapacity: 2,
        },
      ],
    });
    ec2
      .on(DescribeFleetInstancesCommand, { FleetId: 'fleet-1' })
      .resolvesOnce({ ActiveInstances: [{ InstanceId: 'i-1' }], NextToken: 'more' })
      .resolvesOnce({ ActiveInstances: [{ InstanceId: 'i-untagged' }, { InstanceId: 'i-vanished' }], NextToken: '' });
    ec2
      .on(DescribeInstancesCommand, { Filters: [{ Name: 'tag:spotpool:stack', Values: ['stack'] }] })
      .resolvesOnce({ Reservations: [{ Instances: [instance('i-1', 'running')] }], NextToken: 'next' })
      .resolvesOnce({
        Reservations: [
          { Instances: [instance('i-taken', 'terminated', 'Server.SpotInstanceTermination')] },
          { Instances: [instance('i-left', 'terminated', 'Client.InstanceInitiatedShutdown')] },
        ],
      });
    ec2
      .on(DescribeInstancesCommand, { Filters: [{ Name: 'instance-id', Values: ['i-untagged', 'i-vanished'] }] })
      .resolves({ Reservations: [{ Instances: [instance('i-untagged', 'running')] }] });

    const description = await fleet.describe(signal);
    expect(description).toMatchObject({ target: 4, fulfilled: 2, state: 'active' });
    expect(description.instances.map(({ instance: id, state, reclaimed }) => [id, state, reclaimed])).toEqual([
      ['i-1', 'running', false],
      ['i-taken', 'terminated', true],
      ['i-left', 'terminated', false],
      ['i-untagged', 'running', false],
    ]);
    expect(description.instances[0]).toMatchObject({ zone: 'us-east-1b', launchedAtMs: launched.getTime() });
  });

  it('reads a Spot Fleet in the same way', async () => {
    ec2.on(DescribeSpotFleetRequestsCommand).resolves({
      SpotFleetRequestConfigs: [
        {
          SpotFleetRequestState: 'modifying',
          SpotFleetRequestConfig: { IamFleetRole: 'r', TargetCapacity: 5, FulfilledCapacity: 1 },
        },
      ],
    });
    ec2.on(DescribeSpotFleetInstancesCommand).resolves({ ActiveInstances: [{ InstanceId: 'i-1' }] });
    ec2.on(DescribeInstancesCommand).resolves({ Reservations: [{ Instances: [instance('i-1', 'running')] }] });
    expect(await spotFleet.describe(signal)).toMatchObject({
      target: 5,
      fulfilled: 1,
      state: 'modifying',
      instances: [{ instance: 'i-1' }],
    });
  });

  it('reports a fleet that is being deleted as deleted, and names a missing one', async () => {
    ec2.on(DescribeFleetsCommand).resolves({ Fleets: [{ FleetState: 'deleted_running' }] });
    ec2.on(DescribeFleetInstancesCommand).resolves({});
    ec2.on(DescribeInstancesCommand).resolves({});
    expect((await fleet.describe(signal)).state).toBe('deleted');
    ec2.on(DescribeFleetsCommand).resolves({ Fleets: [] });
    await expect(fleet.describe(signal)).rejects.toThrow('fleet-1');
    ec2.on(DescribeFleetsCommand).rejectsOnce(refusal('InvalidFleetId.NotFound')).resolves({ Fleets: [] });
    await expect(fleet.describe(signal)).rejects.toBeInstanceOf(FleetMissing);
  });

  it('finds the fleet that replaced the configured one by the tag of the stack, and reports it', async () => {
    const stale = makeFleet(client, { fleetId: 'fleet-old', name: 'stack' });
    const tagged = (FleetId: string, FleetState: FleetStateCode, value = 'stack') => ({
      FleetId,
      FleetState,
      Tags: [{ Key: 'spotpool:stack', Value: value }],
    });
    ec2.on(DescribeFleetInstancesCommand).resolves({});
    ec2.on(DescribeInstancesCommand).resolves({});
    ec2
      .on(DescribeFleetsCommand, { FleetIds: ['fleet-old'] })
      .resolves({ Fleets: [{ FleetState: 'deleted_terminating' }] });
    ec2.on(DescribeFleetsCommand, { NextToken: undefined, FleetIds: undefined }).resolves({
      Fleets: [tagged('fleet-old', 'deleted_terminating'), tagged('fleet-x', 'active', 'x')],
      NextToken: 'more',
    });
    ec2.on(DescribeFleetsCommand, { NextToken: 'more' }).resolves({ Fleets: [tagged('fleet-new', 'active')] });
    ec2.on(DescribeFleetsCommand, { FleetIds: ['fleet-new'] }).resolves({ Fleets: [tagged('fleet-new', 'active')] });
    ec2.on(ModifyFleetCommand).resolves({});
    expect(await stale.describe(signal)).toMatchObject({
      state: 'active',
      insteadOf: { named: 'fleet-old', found: 'fleet-new' },
    });
    expect(stale.fleetId).toBe('fleet-new');
    await stale.setTarget(2, signal);
    expect(ec2.commandCalls(ModifyFleetCommand)[0]?.args[0].input.FleetId).toBe('fleet-new');
    const before = ec2.commandCalls(DescribeFleetsCommand).length;
    await stale.describe(signal);
    expect(ec2.commandCalls(DescribeFleetsCommand)).toHaveLength(before + 1);
  });
});

it('the kind of a fleet follows from its id', () => {
  expect(() => makeFleet(client, { fleetId: 'asg-1', name: 'stack' })).toThrow('"asg-1" is not the id of a fleet');
});

describe('Spot prices', () => {
  const pool = { instanceType: 'c7g.large', zone: 'us-east-1a' };

  it('are the newest of the history, and are cached for a while', async () => {
    let nowMs = 1_000_000;
    ec2.on(DescribeSpotPriceHistoryCommand).resolves({
      SpotPriceHistory: [
        { SpotPrice: '0.0200', Timestamp: new Date(1_000) },
        { SpotPrice: '0.0300', Timestamp: new Date(2_000) },
      ],
    });
    const prices = new Ec2SpotPrices(client, () => nowMs);
    expect(await prices.spotDollarsPerHour(pool, signal)).toBe(0.03);
    expect(await prices.spotDollarsPerHour(pool, signal)).toBe(0.03);
    const calls = ec2.commandCalls(DescribeSpotPriceHistoryCommand);
    expect(calls).toHaveLength(1);
    expect(calls[0]?.args[0].input).toEqual({
      InstanceTypes: ['c7g.large'],
      AvailabilityZone: 'us-east-1a',
      ProductDescriptions: ['Linux/UNIX'],
      StartTime: new Date(1_000_000),
    });
    nowMs += 600_000;
    await prices.spotDollarsPerHour(pool, signal);
    expect(ec2.commandCalls(DescribeSpotPriceHistoryCommand)).toHaveLength(2);
  });

  it('of an earlier time are the last ones before it, however they changed since', async () => {
    ec2.on(DescribeSpotPriceHistoryCommand).resolves({
      SpotPriceHistory: [
        { SpotPrice: '0.0500', Timestamp: new Date(9_000_001) },
        { SpotPrice: '0.0300', Timestamp: new Date(2_000) },
        { SpotPrice: '0.0200', Timestamp: new Date(1_000) },
      ],
    });
    const prices = new Ec2SpotPrices(client, () => 20_000_000);
    expect(await prices.spotDollarsPerHour(pool, signal, 9_000_000)).toBe(0.03);
    expect(ec2.commandCalls(DescribeSpotPriceHistoryCommand)[0]?.args[0].input).toMatchObject({
      StartTime: new Date(5_400_000),
      EndTime: new Date(9_000_000),
    });
  });

  it('are unknown where the market has none, and are requested again after an error', async () => {
    const prices = new Ec2SpotPrices(client, () => 0);
    ec2.on(DescribeSpotPriceHistoryCommand).rejectsOnce(refusal('RequestLimitExceeded')).resolves({});
    await expect(prices.spotDollarsPerHour(pool, signal)).rejects.toThrow();
    expect(await prices.spotDollarsPerHour(pool, signal)).toBeUndefined();
  });
});
