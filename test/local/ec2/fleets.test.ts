import {
  CreateFleetCommand,
  CreateTagsCommand,
  type CreateFleetCommandInput,
  CreateLaunchTemplateVersionCommand,
  DeleteLaunchTemplateCommand,
  DescribeFleetHistoryCommand,
  type FleetLaunchTemplateOverridesRequest,
  ModifyFleetCommand,
} from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { eventually } from '../../support/eventually.js';
import {
  admin,
  base64,
  createFleet,
  createTemplate,
  describeFleet,
  describeInstances,
  idOf,
  running,
  setTarget,
  startTestCloud,
  terminated,
} from './support.js';
import { errorOf } from '../../support/error-of.js';

test('a fleet that is being modified shows its old target and refuses another change', async () => {
  const cloud = await startTestCloud({ settleMs: 1_000 });
  const id = await createFleet(cloud, { target: 0 });
  const modify = (target: number) =>
    cloud.ec2.send(
      new ModifyFleetCommand({ FleetId: id, TargetCapacitySpecification: { TotalTargetCapacity: target } }),
    );
  await modify(2);
  const during = await describeFleet(cloud, id);
  expect(during).toMatchObject({ FleetState: 'modifying', TargetCapacitySpecification: { TotalTargetCapacity: 0 } });
  expect((await errorOf(modify(3))).name).toBe('FleetNotInModifiableState');
  const after = await eventually(async () => {
    const fleet = await describeFleet(cloud, id);
    return fleet.FleetState === 'active' ? fleet : undefined;
  });
  expect(after.TargetCapacitySpecification?.TotalTargetCapacity).toBe(2);
});

test('a fleet with termination ends its surplus with a notice when its target is lowered', async () => {
  const cloud = await startTestCloud({ noticeMs: 300 });
  const id = await createFleet(cloud, { target: 3 });
  await running(cloud, 3);
  await setTarget(cloud, id, 1, 'termination');
  const { body } = await admin(cloud, 'GET', 'state');
  expect((body['instances'] as { takenAt?: string }[]).filter((instance) => instance.takenAt)).toHaveLength(2);
  for (const gone of await terminated(cloud, 2)) {
    expect(gone.StateReason?.Code).toBe('Server.SpotInstanceTermination');
  }
  expect(await describeInstances(cloud, 'running')).toHaveLength(1);
});

test('open requests are cancelled when the target is lowered', async () => {
  const cloud = await startTestCloud({ arriveOverMs: 600_000 });
  const id = await createFleet(cloud, { target: 5 });
  await eventually(async () => (await describeFleet(cloud, id)).FulfilledCapacity === 1);
  expect(cloud.compute.fleets.get(id)?.openRequests).toHaveLength(4);
  expect(await describeFleet(cloud, id)).toMatchObject({ ActivityStatus: 'pending_fulfillment' });
  await setTarget(cloud, id, 1);
  expect(cloud.compute.fleets.get(id)?.openRequests).toEqual([]);
});

test('a reclaimed instance is replaced, and its state has the reason that AWS gives', async () => {
  const cloud = await startTestCloud();
  const id = await createFleet(cloud, { target: 1 });
  const [instance] = await running(cloud, 1);
  expect(instance?.Tags).toContainEqual({ Key: 'aws:ec2:fleet-id', Value: id });
  await admin(cloud, 'POST', `instances/${idOf(instance)}/reclaim`, { noticeMs: null });
  const [gone] = await terminated(cloud, 1);
  expect(gone).toMatchObject({
    InstanceId: idOf(instance),
    StateReason: { Code: 'Server.SpotInstanceTermination' },
  });
  const [replacement] = await running(cloud, 1);
  expect(idOf(replacement)).not.toBe(idOf(instance));
});

test('a fleet waits while the market has no capacity', async () => {
  const cloud = await startTestCloud({ capacity: 1 });
  const id = await createFleet(cloud, { target: 3 });
  await running(cloud, 1);
  expect(await describeFleet(cloud, id)).toMatchObject({ FulfilledCapacity: 1, ActivityStatus: 'pending_fulfillment' });
  await admin(cloud, 'POST', 'market', { capacity: 3 });
  await running(cloud, 3);
});

test('a missing launch template is an error in the history and does not end the cloud', async () => {
  const cloud = await startTestCloud();
  const id = await createFleet(cloud, { target: 0 });
  const [config] = (await describeFleet(cloud, id)).LaunchTemplateConfigs ?? [];
  const LaunchTemplateId = config?.LaunchTemplateSpecification?.LaunchTemplateId ?? '';
  await cloud.ec2.send(new DeleteLaunchTemplateCommand({ LaunchTemplateId }));
  await setTarget(cloud, id, 1);
  await eventually(async () => {
    const history = new DescribeFleetHistoryCommand({
      FleetId: id,
      StartTime: new Date(0),
      EventType: 'service-error',
    });
    return (await cloud.ec2.send(history)).HistoryRecords?.[0]?.EventInformation?.EventDescription?.includes(
      LaunchTemplateId,
    );
  });
});

test('tags in the metadata need keys that can be paths: launches with other keys fail, and other tags are refused', async () => {
  const cloud = await startTestCloud();
  const MetadataOptions = { InstanceMetadataTags: 'enabled', HttpEndpoint: 'disabled' } as const;
  const tagged = (Key: string) => [{ ResourceType: 'instance' as const, Tags: [{ Key, Value: 'x' }] }];
  await createFleet(cloud, {
    target: 1,
    data: { MetadataOptions, TagSpecifications: tagged('team'), IamInstanceProfile: { Name: 'worker' } },
  });
  const [instance] = await running(cloud, 1);
  expect(instance?.MetadataOptions).toMatchObject(MetadataOptions);
  expect(instance?.IamInstanceProfile?.Arn).toMatch(/:instance-profile\/worker$/);
  const tags = new CreateTagsCommand({ Resources: [idOf(instance)], Tags: [{ Key: 'a b', Value: 'x' }] });
  expect((await errorOf(cloud.ec2.send(tags))).name).toBe('InvalidParameterValue');
  const template = await createTemplate(cloud, 'true', { MetadataOptions, TagSpecifications: tagged('a/b') }, 'slash');
  const specification = { LaunchTemplateId: template, Version: '1' };
  const more = { LaunchTemplateConfigs: [{ LaunchTemplateSpecification: specification }] };
  const request = new CreateFleetCommand({
    ...more,
    TargetCapacitySpecification: { TotalTargetCapacity: 1, DefaultTargetCapacityType: 'spot' },
  });
  const { FleetId = '' } = await cloud.ec2.send(request);
  await eventually(async () => (await describeFleet(cloud, FleetId)).ActivityStatus === 'error');
});

test('a fleet whose launches fail backs off, says so, and launches again when it can', async () => {
  const cloud = await startTestCloud({ timeScale: 4 });
  const specification = { LaunchTemplateName: 'template', Version: '$Latest' };
  const more = { LaunchTemplateConfigs: [{ LaunchTemplateSpecification: specification }] };
  const id = await createFleet(cloud, { target: 2, userData: '#cloud-config', more });
  await eventually(async () => (await describeFleet(cloud, id)).ActivityStatus === 'error');
  await terminated(cloud, 4);
  const { HistoryRecords: errors } = await cloud.ec2.send(
    new DescribeFleetHistoryCommand({ FleetId: id, StartTime: new Date(0), EventType: 'service-error' }),
  );
  const [first, second] = errors ?? [];
  expect(first?.EventInformation?.EventSubType).toBe('allLaunchSpecsTemporarilyBlacklisted');
  expect(first?.EventInformation?.EventDescription).toContain('console output');
  expect(Number(second?.Timestamp) - Number(first?.Timestamp)).toBeGreaterThanOrEqual(1_000 / 4);
  await cloud.ec2.send(
    new CreateLaunchTemplateVersionCommand({
      LaunchTemplateName: 'template',
      SourceVersion: '1',
      LaunchTemplateData: { UserData: base64('#!/bin/sh\nexec sleep 60\n') },
    }),
  );
  await running(cloud, 2);
  expect(await describeFleet(cloud, id)).toMatchObject({ ActivityStatus: 'fulfilled' });
});

test('unserved features are refused, not ignored', async () => {
  const cloud = await startTestCloud();
  const template = await createTemplate(cloud, 'true');
  const config = { LaunchTemplateSpecification: { LaunchTemplateId: template, Version: '1' } };
  const good: CreateFleetCommandInput = {
    LaunchTemplateConfigs: [config],
    TargetCapacitySpecification: { TotalTargetCapacity: 0, DefaultTargetCapacityType: 'spot' },
  };
  const refused = async (change: Partial<CreateFleetCommandInput>): Promise<string> =>
    (await errorOf(cloud.ec2.send(new CreateFleetCommand({ ...good, ...change })))).name;
  const over = (override: FleetLaunchTemplateOverridesRequest) =>
    refused({ LaunchTemplateConfigs: [{ ...config, Overrides: [override] }] });
  const requirements = { VCpuCount: { Min: 2 }, MemoryMiB: { Min: 2048 } };
  for (const refusal of [
    refused({ Type: 'instant' }),
    refused({ Type: 'request' }),
    refused({ ValidUntil: new Date() }),
    refused({ SpotOptions: { MaintenanceStrategies: { CapacityRebalance: { ReplacementStrategy: 'launch' } } } }),
    refused({ SpotOptions: { InstanceInterruptionBehavior: 'stop' } }),
    refused({ SpotOptions: { MaxTotalPrice: '1' } }),
    refused({ TargetCapacitySpecification: { TotalTargetCapacity: 1, DefaultTargetCapacityType: 'on-demand' } }),
    over({ WeightedCapacity: 2 }),
    over({ MaxPrice: '0.1' }),
    over({ InstanceRequirements: { ...requirements, NetworkBandwidthGbps: { Min: 10 } } }),
  ]) {
    expect(await refusal).toBe('UnsupportedOperation');
  }
  expect(await over({ InstanceType: 'z9.nano' as never })).toBe('InvalidParameterValue');
  expect(await over({ SubnetId: 'subnet-0123456789abcdef0' })).toBe('InvalidSubnetID.NotFound');
  expect(
    await over({ InstanceRequirements: { ...requirements, MaxSpotPriceAsPercentageOfOptimalOnDemandPrice: 1 } }),
  ).toBe('InvalidParameterValue');
});

test('a price limit excludes the pools above it', async () => {
  const cloud = await startTestCloud();
  const template = await createTemplate(cloud, 'true');
  const poolsWithin = async (percent: number): Promise<readonly string[]> => {
    const { FleetId = '' } = await cloud.ec2.send(
      new CreateFleetCommand({
        LaunchTemplateConfigs: [
          {
            LaunchTemplateSpecification: { LaunchTemplateId: template, Version: '1' },
            Overrides: [
              {
                InstanceRequirements: {
                  VCpuCount: { Min: 2, Max: 8 },
                  MemoryMiB: { Min: 2048 },
                  MaxSpotPriceAsPercentageOfOptimalOnDemandPrice: percent,
                },
              },
            ],
          },
        ],
        TargetCapacitySpecification: { TotalTargetCapacity: 0, DefaultTargetCapacityType: 'spot' },
      }),
    );
    const pools = cloud.compute.fleets.get(FleetId)?.config.templates.flatMap((each) => each.pools) ?? [];
    return [...new Set(pools.map((pool) => pool.instanceType))];
  };
  const dear = await poolsWithin(999_999);
  const cheap = await poolsWithin(50);
  expect(dear).toContain('m7g.2xlarge');
  expect(cheap).not.toContain('m7g.2xlarge');
  expect(cheap).toContain('c6g.large');
});

test('the history shows a scale-down as such, and a reclaim by the market only as the end of the instance', async () => {
  const cloud = await startTestCloud({ noticeMs: 300 });
  const id = await createFleet(cloud, { target: 2, policy: 'termination' });
  await running(cloud, 2);
  const eventsOf = async (): Promise<readonly string[]> => {
    const call = new DescribeFleetHistoryCommand({ FleetId: id, StartTime: new Date(0), EventType: 'instance-change' });
    const { HistoryRecords = [] } = await cloud.ec2.send(call);
    return HistoryRecords.map((record) => record.EventInformation?.EventSubType ?? '').slice(2);
  };
  await setTarget(cloud, id, 1, 'termination');
  await terminated(cloud, 1);
  expect(await eventsOf()).toEqual(['termination_notified', 'terminated']);
  const [left] = await running(cloud, 1);
  await admin(cloud, 'POST', `instances/${idOf(left)}/reclaim`, { noticeMs: null });
  await terminated(cloud, 2);
  await running(cloud, 1);
  expect(await eventsOf()).toEqual(['termination_notified', 'terminated', 'terminated', 'launched']);
});
