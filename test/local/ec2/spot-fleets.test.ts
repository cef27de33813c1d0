import {
  CancelSpotFleetRequestsCommand,
  DescribeSpotFleetInstancesCommand,
  DescribeSpotFleetRequestsCommand,
  ModifySpotFleetRequestCommand,
  RequestSpotFleetCommand,
  type SpotFleetRequestConfig,
} from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { createTemplate, errorOf, idOf, running, startTestCloud, terminated, type TestCloud } from './support.js';

const ROLE = 'arn:aws:iam::000000000000:role/aws-ec2-spot-fleet-tagging-role';

async function requestFleet(cloud: TestCloud, target: number): Promise<string> {
  const template = await createTemplate(cloud, 'sleep 1000');
  const { SpotFleetRequestId = '' } = await cloud.ec2.send(
    new RequestSpotFleetCommand({
      SpotFleetRequestConfig: {
        IamFleetRole: ROLE,
        TargetCapacity: target,
        AllocationStrategy: 'priceCapacityOptimized',
        ExcessCapacityTerminationPolicy: 'noTermination',
        LaunchTemplateConfigs: [{ LaunchTemplateSpecification: { LaunchTemplateId: template, Version: '1' } }],
        TagSpecifications: [{ ResourceType: 'spot-fleet-request', Tags: [{ Key: 'stack', Value: 's' }] }],
      },
    }),
  );
  await eventually(async () => (await describe(cloud, SpotFleetRequestId)).SpotFleetRequestState === 'active');
  return SpotFleetRequestId;
}

async function describe({ ec2 }: TestCloud, id: string): Promise<SpotFleetRequestConfig> {
  const wanted = new DescribeSpotFleetRequestsCommand({ SpotFleetRequestIds: [id] });
  const [fleet] = (await ec2.send(wanted)).SpotFleetRequestConfigs ?? [];
  if (fleet === undefined) throw new Error(`There is no Spot Fleet ${id}.`);
  return fleet;
}

test('a Spot Fleet is the same engine in its own words', async () => {
  const cloud = await startTestCloud();
  const id = await requestFleet(cloud, 0);
  expect(id).toMatch(/^sfr-/);
  expect(await describe(cloud, id)).toMatchObject({
    ActivityStatus: 'fulfilled',
    Tags: [{ Key: 'stack', Value: 's' }],
    SpotFleetRequestConfig: {
      IamFleetRole: ROLE,
      Type: 'maintain',
      TargetCapacity: 0,
      FulfilledCapacity: 0,
      AllocationStrategy: 'priceCapacityOptimized',
      ExcessCapacityTerminationPolicy: 'noTermination',
    },
  });
  const modify = (TargetCapacity: number) =>
    cloud.ec2.send(
      new ModifySpotFleetRequestCommand({
        SpotFleetRequestId: id,
        TargetCapacity,
        ExcessCapacityTerminationPolicy: 'noTermination',
      }),
    );
  expect((await modify(2)).Return).toBe(true);
  const instances = await running(cloud, 2);
  expect(instances[0]?.Tags).toContainEqual({ Key: 'aws:ec2spot:fleet-request-id', Value: id });
  const listed = await cloud.ec2.send(new DescribeSpotFleetInstancesCommand({ SpotFleetRequestId: id }));
  expect(listed.ActiveInstances?.map((active) => active.InstanceId)).toEqual(instances.map(idOf));
  expect((await describe(cloud, id)).SpotFleetRequestConfig).toMatchObject({ TargetCapacity: 2, FulfilledCapacity: 2 });
  await modify(0);
  await eventually(async () => (await describe(cloud, id)).SpotFleetRequestConfig?.TargetCapacity === 0);
  expect(await running(cloud, 2)).toHaveLength(2);
});

test('a cancelled request ends its instances if it is told to, and cannot be cancelled or modified again', async () => {
  const cloud = await startTestCloud();
  const id = await requestFleet(cloud, 1);
  await running(cloud, 1);
  const cancel = new CancelSpotFleetRequestsCommand({
    SpotFleetRequestIds: [id, 'sfr-00000000-0000-0000-0000-000000000000'],
    TerminateInstances: true,
  });
  const cancelled = await cloud.ec2.send(cancel);
  expect(cancelled.SuccessfulFleetRequests).toEqual([
    {
      SpotFleetRequestId: id,
      PreviousSpotFleetRequestState: 'active',
      CurrentSpotFleetRequestState: 'cancelled_terminating',
    },
  ]);
  expect(cancelled.UnsuccessfulFleetRequests?.map((refused) => refused.Error?.Code)).toEqual([
    'fleetRequestIdDoesNotExist',
  ]);
  await terminated(cloud, 1);
  await eventually(async () => (await describe(cloud, id)).SpotFleetRequestState === 'cancelled');
  const again = await cloud.ec2.send(cancel);
  expect(again.UnsuccessfulFleetRequests?.[0]?.Error?.Code).toBe('fleetRequestNotInCancellableState');
  const modify = new ModifySpotFleetRequestCommand({ SpotFleetRequestId: id, TargetCapacity: 1 });
  expect((await errorOf(cloud.ec2.send(modify))).name).toBe('FleetNotInModifiableState');
});

test('a Spot Fleet that was just requested cannot be modified yet', async () => {
  const cloud = await startTestCloud({ settleMs: 60_000 });
  const template = await createTemplate(cloud, 'true');
  const { SpotFleetRequestId } = await cloud.ec2.send(
    new RequestSpotFleetCommand({
      SpotFleetRequestConfig: {
        IamFleetRole: ROLE,
        TargetCapacity: 0,
        LaunchTemplateConfigs: [{ LaunchTemplateSpecification: { LaunchTemplateId: template, Version: '1' } }],
      },
    }),
  );
  const modify = new ModifySpotFleetRequestCommand({ SpotFleetRequestId, TargetCapacity: 1 });
  expect((await errorOf(cloud.ec2.send(modify))).name).toBe('FleetNotInModifiableState');
});

test('the two APIs do not see each other’s fleets', async () => {
  const cloud = await startTestCloud();
  const unknown = new DescribeSpotFleetRequestsCommand({
    SpotFleetRequestIds: ['sfr-00000000-0000-0000-0000-000000000000'],
  });
  expect((await errorOf(cloud.ec2.send(unknown))).name).toBe('InvalidSpotFleetRequestId.NotFound');
});
