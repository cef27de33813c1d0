import {
  CreateFleetCommand,
  CreateTagsCommand,
  DeleteFleetsCommand,
  DescribeFleetHistoryCommand,
  DescribeFleetInstancesCommand,
  DescribeInstanceStatusCommand,
  DescribeTagsCommand,
  ModifyFleetCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { eventually } from '../../support/eventually.js';
import {
  createFleet,
  createTemplate,
  describeFleet,
  describeInstances,
  idOf,
  running,
  startTestCloud,
} from './support.js';
import { errorOf } from '../../support/error-of.js';

/** This is longer than any test: changes after it is set stay invisible until it is set back. */
const LONG_MS = 3_600_000;

test('describe calls show an earlier state of fleets, instances, their tags and the history', async () => {
  const cloud = await startTestCloud();
  const FleetId = await createFleet(cloud, { target: 1 });
  const [instance] = await running(cloud, 1);
  const InstanceIds = [idOf(instance)];
  cloud.imperfections.ec2.describeLagMs = LONG_MS;
  await cloud.ec2.send(
    new ModifyFleetCommand({
      FleetId,
      ExcessCapacityTerminationPolicy: 'no-termination',
      TargetCapacitySpecification: { TotalTargetCapacity: 0 },
    }),
  );
  await eventually(() => cloud.compute.fleets.get(FleetId)?.status === 'active');
  await cloud.ec2.send(new CreateTagsCommand({ Resources: InstanceIds, Tags: [{ Key: 'new', Value: '' }] }));
  await cloud.ec2.send(new TerminateInstancesCommand({ InstanceIds }));
  await eventually(() => cloud.compute.instances.get(InstanceIds[0] ?? '')?.state === 'terminated');
  const seen = async () => {
    const fleet = await describeFleet(cloud, FleetId);
    const [shown] = await describeInstances(cloud);
    const active = await cloud.ec2.send(new DescribeFleetInstancesCommand({ FleetId }));
    const status = await cloud.ec2.send(new DescribeInstanceStatusCommand({ InstanceIds }));
    const Filters = [{ Name: 'key', Values: ['new'] }];
    return {
      target: fleet.TargetCapacitySpecification?.TotalTargetCapacity,
      fulfilled: fleet.FulfilledCapacity,
      state: shown?.State?.Name,
      active: active.ActiveInstances?.length,
      status: status.InstanceStatuses?.length,
      tags: (await cloud.ec2.send(new DescribeTagsCommand({ Filters }))).Tags?.length,
    };
  };
  expect(await seen()).toEqual({ target: 1, fulfilled: 1, state: 'running', active: 1, status: 1, tags: 0 });
  const history = new DescribeFleetHistoryCommand({ FleetId, StartTime: new Date(0) });
  expect((await cloud.ec2.send(history)).HistoryRecords).toEqual([]);
  cloud.imperfections.ec2.describeLagMs = 0;
  expect(await seen()).toEqual({ target: 0, fulfilled: 0, state: 'terminated', active: 0, status: 0, tags: 1 });
});

test('a thing that was created within the lag is invisible, but can be changed', async () => {
  const cloud = await startTestCloud();
  const template = await createTemplate(cloud, 'sleep 1000');
  cloud.imperfections.ec2.describeLagMs = LONG_MS;
  const { FleetId = '' } = await cloud.ec2.send(
    new CreateFleetCommand({
      LaunchTemplateConfigs: [{ LaunchTemplateSpecification: { LaunchTemplateId: template, Version: '1' } }],
      TargetCapacitySpecification: { TotalTargetCapacity: 1, DefaultTargetCapacityType: 'spot' },
    }),
  );
  await eventually(() => cloud.compute.instances.all().some((instance) => instance.state === 'running'));
  expect((await errorOf(describeFleet(cloud, FleetId))).name).toBe('InvalidFleetId.NotFound');
  expect(await describeInstances(cloud)).toEqual([]);
  const deleted = await cloud.ec2.send(new DeleteFleetsCommand({ FleetIds: [FleetId], TerminateInstances: true }));
  expect(deleted.SuccessfulFleetDeletions).toHaveLength(1);
});

test('a change becomes visible after the lag, which passes in market time', async () => {
  const cloud = await startTestCloud({ timeScale: 100 });
  const id = await createFleet(cloud, { target: 0 });
  cloud.imperfections.ec2.describeLagMs = 50_000; // This is half a second of real time.
  const before = Date.now();
  await cloud.ec2.send(
    new ModifyFleetCommand({ FleetId: id, TargetCapacitySpecification: { TotalTargetCapacity: 1 } }),
  );
  expect(await describeFleet(cloud, id)).toMatchObject({ FleetState: 'active', FulfilledCapacity: 0 });
  await eventually(async () => (await describeFleet(cloud, id)).FulfilledCapacity === 1);
  expect(Date.now() - before).toBeGreaterThanOrEqual(500);
});
