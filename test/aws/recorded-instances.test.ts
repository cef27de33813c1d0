import {
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  DescribeSpotFleetInstancesCommand,
  DescribeSpotFleetRequestsCommand,
  EC2Client,
  EC2ServiceException,
  ModifySpotFleetRequestCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { beforeEach, expect, it } from 'vitest';
import { makeEc2Client } from '../../aws/clients.js';
import { makeRecordedInstances } from '../../aws/recorded-instances.js';
import { mockedClient } from '../support/mocked-client.js';

const mock = mockedClient(EC2Client);
const { signal } = new AbortController();
const client = makeEc2Client({ region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
const ofStack = makeRecordedInstances(client, { stack: 'stack', fleetId: 'sfr-1' });
const ofFleet = makeRecordedInstances(client, { fleetId: 'sfr-1' });

const failure = (name: string): EC2ServiceException =>
  new EC2ServiceException({ name, message: name, $fault: 'client', $metadata: { httpStatusCode: 400 } });
const active = (...ids: readonly string[]): unknown =>
  mock.on(DescribeSpotFleetInstancesCommand).resolves({ ActiveInstances: ids.map((InstanceId) => ({ InstanceId })) });
const filters = () => mock.commandCalls(DescribeInstancesCommand).map(({ args }) => args[0].input.Filters);

beforeEach(() => {
  mock.reset();
  mock.on(DescribeInstancesCommand).resolves({ Reservations: [] });
});

it('a stack’s instances are found by its tag, and what their metadata tells is read', async () => {
  const launchedAt = new Date('2026-01-01T00:00:00Z');
  mock.on(DescribeInstancesCommand).resolves({
    Reservations: [
      {
        Instances: [
          {
            InstanceId: 'i-1',
            State: { Name: 'running' },
            InstanceType: 'c7g.large',
            Placement: { AvailabilityZone: 'us-east-1a' },
            LaunchTime: launchedAt,
            ImageId: 'ami-1',
            Tags: [{ Key: 'spotpool:stack', Value: 'stack' }],
          },
        ],
      },
    ],
  });
  expect(await ofStack.list([], signal)).toEqual([
    {
      instance: 'i-1',
      state: 'running',
      instanceType: 'c7g.large',
      zone: 'us-east-1a',
      launchedAtMs: launchedAt.getTime(),
      imageId: 'ami-1',
      tags: { 'spotpool:stack': 'stack' },
      instanceProfile: undefined,
    },
  ]);
  expect(filters()).toEqual([[{ Name: 'tag:spotpool:stack', Values: ['stack'] }]]);
});

it('a fleet’s instances are those that it counts, and those that are known', async () => {
  active('i-2', 'i-1');
  await ofFleet.list(['i-1'], signal);
  expect(filters()).toEqual([[{ Name: 'instance-id', Values: ['i-1', 'i-2'] }]]);
});

it('known instances of a fleet that is gone are still looked for', async () => {
  mock.on(DescribeSpotFleetInstancesCommand).rejects(failure('InvalidSpotFleetRequestId.NotFound'));
  await ofFleet.list(['i-1'], signal);
  expect(filters()).toEqual([[{ Name: 'instance-id', Values: ['i-1'] }]]);
});

it('a fleet that is not there is no fleet without instances', async () => {
  active();
  mock.on(DescribeSpotFleetRequestsCommand).resolves({ SpotFleetRequestConfigs: [] });
  await expect(ofFleet.list([], signal)).rejects.toThrow('The fleet sfr-1 does not exist.');
  expect(await ofFleet.list(['i-1'], signal)).toEqual([]);
  expect(await ofStack.list([], signal)).toEqual([]);
});

it('user data is decoded, and may be none', async () => {
  mock
    .on(DescribeInstanceAttributeCommand)
    .resolvesOnce({ UserData: { Value: 'IyEvYmluL3No' } })
    .resolvesOnce({});
  expect(Buffer.from(await ofStack.userData('i-1', signal)).toString()).toBe('#!/bin/sh');
  expect(await ofStack.userData('i-1', signal)).toHaveLength(0);
});

it('an instance that is gone already is terminated', async () => {
  mock.on(TerminateInstancesCommand).rejectsOnce(failure('InvalidInstanceID.NotFound')).rejects(failure('Denied'));
  await ofStack.terminate('i-1', signal);
  await expect(ofStack.terminate('i-1', signal)).rejects.toThrow('Denied');
});

it('a fleet that lacks instances has its own target set again, with no-termination, and no other has', async () => {
  active('i-1');
  const request = (TargetCapacity: number) => ({
    SpotFleetRequestConfigs: [
      { SpotFleetRequestState: 'active' as const, SpotFleetRequestConfig: { TargetCapacity, IamFleetRole: 'role' } },
    ],
  });
  mock.on(ModifySpotFleetRequestCommand).resolves({});
  mock
    .on(DescribeSpotFleetRequestsCommand)
    .resolvesOnce(request(3))
    .resolvesOnce(request(1))
    .resolvesOnce(request(0))
    .resolvesOnce({ SpotFleetRequestConfigs: [] });
  const lacking = [];
  for (let round = 0; round < 4; round += 1) lacking.push(await ofStack.refill(signal));
  expect(lacking).toEqual([2, 0, 0, 0]);
  expect(mock.commandCalls(ModifySpotFleetRequestCommand).map(({ args }) => args[0].input)).toEqual([
    { SpotFleetRequestId: 'sfr-1', TargetCapacity: 3, ExcessCapacityTerminationPolicy: 'noTermination' },
  ]);
});
