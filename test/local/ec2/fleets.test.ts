import {
  CreateFleetCommand,
  type CreateFleetCommandInput,
  DeleteFleetsCommand,
  DeleteLaunchTemplateCommand,
  DescribeFleetHistoryCommand,
  DescribeFleetInstancesCommand,
  DescribeFleetsCommand,
  ModifyFleetCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { eventually } from '../../support/eventually.js';
import {
  admin,
  createFleet,
  createTemplate,
  describeFleet,
  describeInstances,
  errorOf,
  idOf,
  running,
  setTarget,
  startTestCloud,
  terminated,
} from './support.js';

const sorted = (ids: readonly (string | undefined)[]): readonly (string | undefined)[] => [...ids].sort();

test('a fleet is made at target 0, has no instance, and shows what it was made from', async () => {
  const cloud = await startTestCloud();
  const id = await createFleet(cloud, {
    target: 0,
    more: {
      SpotOptions: { AllocationStrategy: 'price-capacity-optimized' },
      TagSpecifications: [{ ResourceType: 'fleet', Tags: [{ Key: 'stack', Value: 's' }] }],
    },
  });
  expect(id).toMatch(/^fleet-[0-9a-f-]{36}$/);
  expect(await describeFleet(cloud, id)).toMatchObject({
    FleetState: 'active',
    ActivityStatus: 'fulfilled',
    Type: 'maintain',
    ExcessCapacityTerminationPolicy: 'no-termination',
    FulfilledCapacity: 0,
    TargetCapacitySpecification: { TotalTargetCapacity: 0, DefaultTargetCapacityType: 'spot' },
    SpotOptions: { AllocationStrategy: 'price-capacity-optimized' },
    Tags: [{ Key: 'stack', Value: 's' }],
    LaunchTemplateConfigs: [{ LaunchTemplateSpecification: { Version: '1' } }],
  });
  expect(await describeInstances(cloud)).toEqual([]);
});

test('a raised target brings instances, which say whose they are', async () => {
  const cloud = await startTestCloud();
  const id = await createFleet(cloud, {
    target: 0,
    data: { TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'team', Value: 'chemistry' }] }] },
  });
  await setTarget(cloud, id, 2);
  const instances = await running(cloud, 2);
  for (const instance of instances) {
    expect(instance).toMatchObject({ InstanceType: 'c7g.large', InstanceLifecycle: 'spot', ImageId: 'ami-1' });
    expect(instance.Placement?.AvailabilityZone).toMatch(/^us-east-1[a-d]$/);
    expect(instance.Tags).toEqual(
      expect.arrayContaining([
        { Key: 'team', Value: 'chemistry' },
        { Key: 'aws:ec2:fleet-id', Value: id },
      ]),
    );
  }
  expect(await describeFleet(cloud, id)).toMatchObject({ FulfilledCapacity: 2, ActivityStatus: 'fulfilled' });
  const { ActiveInstances = [] } = await cloud.ec2.send(new DescribeFleetInstancesCommand({ FleetId: id }));
  expect(sorted(ActiveInstances.map((active) => active.InstanceId))).toEqual(sorted(instances.map(idOf)));
});

test('while it is modified a fleet shows its old target, and refuses another change', async () => {
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

test('lowered without termination a fleet keeps its instances, replaces none while above the target, and some below it', async () => {
  const cloud = await startTestCloud();
  const id = await createFleet(cloud, { target: 3 });
  const [first, second] = await running(cloud, 3);
  await setTarget(cloud, id, 2);
  expect(await describeInstances(cloud, 'running')).toHaveLength(3);
  await cloud.ec2.send(new TerminateInstancesCommand({ InstanceIds: [idOf(first)] }));
  await terminated(cloud, 1);
  // Above the target nothing was asked for: an open request would be there at once.
  expect(cloud.compute.fleets.get(id)?.openRequests).toEqual([]);
  expect(await describeInstances(cloud, 'running')).toHaveLength(2);
  await cloud.ec2.send(new TerminateInstancesCommand({ InstanceIds: [idOf(second)] }));
  await terminated(cloud, 2);
  const instances = await running(cloud, 2);
  expect(instances.map(idOf)).not.toContain(idOf(second));
});

test('lowered with termination a fleet ends its surplus with a notice', async () => {
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

test('what is still on its way is called off when the target is lowered', async () => {
  const cloud = await startTestCloud({ arriveOverMs: 600_000 });
  const id = await createFleet(cloud, { target: 5 });
  await eventually(async () => (await describeFleet(cloud, id)).FulfilledCapacity === 1);
  expect(cloud.compute.fleets.get(id)?.openRequests).toHaveLength(4);
  expect(await describeFleet(cloud, id)).toMatchObject({ ActivityStatus: 'pending_fulfillment' });
  await setTarget(cloud, id, 1);
  expect(cloud.compute.fleets.get(id)?.openRequests).toEqual([]);
});

test('a reclaimed instance is replaced, and its end has the reason that AWS gives', async () => {
  const cloud = await startTestCloud();
  await createFleet(cloud, { target: 1 });
  const [instance] = await running(cloud, 1);
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

test('overrides name types and zones, requirements choose types', async () => {
  const cloud = await startTestCloud();
  const template = await createTemplate(cloud, 'sleep 1000', {}, 'other');
  const launch = async (overrides: NonNullable<CreateFleetCommandInput['LaunchTemplateConfigs']>[0]['Overrides']) => {
    const { FleetId } = await cloud.ec2.send(
      new CreateFleetCommand({
        LaunchTemplateConfigs: [
          { LaunchTemplateSpecification: { LaunchTemplateId: template, Version: '$Default' }, Overrides: overrides },
        ],
        SpotOptions: { AllocationStrategy: 'diversified' },
        TargetCapacitySpecification: { TotalTargetCapacity: 2, DefaultTargetCapacityType: 'spot' },
      }),
    );
    return await eventually(async () => {
      const instances = await describeInstances(cloud);
      const own = instances.filter((each) => each.Tags?.some((tag) => tag.Value === FleetId));
      return own.length === 2 ? own : undefined;
    });
  };
  const named = await launch([
    { InstanceType: 'm7g.large', AvailabilityZone: 'us-east-1b' },
    { InstanceType: 'c6g.large', AvailabilityZone: 'us-east-1d' },
  ]);
  expect(named.map((each) => `${each.InstanceType} ${each.Placement?.AvailabilityZone}`).sort()).toEqual([
    'c6g.large us-east-1d',
    'm7g.large us-east-1b',
  ]);
  const required = await launch([
    {
      InstanceRequirements: {
        VCpuCount: { Min: 4, Max: 4 },
        MemoryMiB: { Min: 16_384 },
        AllowedInstanceTypes: ['m*'],
        CpuManufacturers: ['intel'],
      },
    },
  ]);
  for (const each of required) expect(['m7i.xlarge', 'm6i.xlarge']).toContain(each.InstanceType);
});

test('a fleet that is deleted with its instances ends them; deleted without, it leaves them on and replaces none', async () => {
  const cloud = await startTestCloud();
  const id = await createFleet(cloud, { target: 1 });
  const [instance] = await running(cloud, 1);
  const kept = await cloud.ec2.send(new DeleteFleetsCommand({ FleetIds: [id], TerminateInstances: false }));
  expect(kept.SuccessfulFleetDeletions).toEqual([
    { FleetId: id, PreviousFleetState: 'active', CurrentFleetState: 'deleted_running' },
  ]);
  expect(await describeInstances(cloud, 'running')).toHaveLength(1);
  const again = await cloud.ec2.send(
    new DeleteFleetsCommand({ FleetIds: [id, 'fleet-00000000-0000-0000-0000-000000000000'], TerminateInstances: true }),
  );
  expect(again.UnsuccessfulFleetDeletions?.map((refused) => refused.Error?.Code)).toEqual([
    'fleetNotInDeletableState',
    'fleetIdDoesNotExist',
  ]);
  await cloud.ec2.send(new TerminateInstancesCommand({ InstanceIds: [idOf(instance)] }));
  await eventually(async () => (await describeFleet(cloud, id)).FleetState === 'deleted');
  expect(await describeInstances(cloud, 'terminated')).toHaveLength(1);

  const template = await createTemplate(cloud, 'sleep 1000', {}, 'other');
  const { FleetId } = await cloud.ec2.send(
    new CreateFleetCommand({
      LaunchTemplateConfigs: [{ LaunchTemplateSpecification: { LaunchTemplateId: template, Version: '1' } }],
      TargetCapacitySpecification: { TotalTargetCapacity: 1, DefaultTargetCapacityType: 'spot' },
    }),
  );
  await running(cloud, 1);
  await cloud.ec2.send(new DeleteFleetsCommand({ FleetIds: [FleetId ?? ''], TerminateInstances: true }));
  await terminated(cloud, 2);
  await eventually(async () => (await describeFleet(cloud, FleetId ?? '')).FleetState === 'deleted');
});

test('the history tells what happened, in order', async () => {
  const cloud = await startTestCloud();
  const id = await createFleet(cloud, { target: 1 });
  const [instance] = await running(cloud, 1);
  const { HistoryRecords = [] } = await cloud.ec2.send(
    new DescribeFleetHistoryCommand({ FleetId: id, StartTime: new Date(0) }),
  );
  expect(HistoryRecords.map((record) => record.EventInformation?.EventSubType)).toEqual([
    'submitted',
    'active',
    'progress',
    'launched',
  ]);
  expect(HistoryRecords.at(-1)?.EventInformation?.InstanceId).toBe(idOf(instance));
});

test('a launch template that went away is an error in the history, not the end of the cloud', async () => {
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

test('a retried creation gives the same fleet', async () => {
  const cloud = await startTestCloud();
  const first = await createFleet(cloud, { target: 0, more: { ClientToken: 'token' } });
  const [made] = (await describeFleet(cloud, first)).LaunchTemplateConfigs ?? [];
  const { LaunchTemplateId = '' } = made?.LaunchTemplateSpecification ?? {};
  const create = (target: number) =>
    cloud.ec2.send(
      new CreateFleetCommand({
        Type: 'maintain',
        ExcessCapacityTerminationPolicy: 'no-termination',
        ClientToken: 'token',
        LaunchTemplateConfigs: [{ LaunchTemplateSpecification: { LaunchTemplateId, Version: '1' } }],
        TargetCapacitySpecification: { TotalTargetCapacity: target, DefaultTargetCapacityType: 'spot' },
      }),
    );
  expect((await create(0)).FleetId).toBe(first);
  expect((await errorOf(create(1))).name).toBe('IdempotentParameterMismatch');
});

test('what a fleet cannot be is refused, with the code of AWS where it has one', async () => {
  const cloud = await startTestCloud();
  const template = await createTemplate(cloud, 'true');
  const config = { LaunchTemplateSpecification: { LaunchTemplateId: template, Version: '1' } };
  const good: CreateFleetCommandInput = {
    LaunchTemplateConfigs: [config],
    TargetCapacitySpecification: { TotalTargetCapacity: 0, DefaultTargetCapacityType: 'spot' },
  };
  const refused = async (change: Partial<CreateFleetCommandInput>): Promise<string> =>
    (await errorOf(cloud.ec2.send(new CreateFleetCommand({ ...good, ...change })))).name;
  expect(await refused({ Type: 'instant' })).toBe('UnsupportedOperation');
  expect(await refused({ LaunchTemplateConfigs: [] })).toBe('MissingParameter');
  expect(
    await refused({ LaunchTemplateConfigs: [{ ...config, Overrides: [{ InstanceType: 'z9.nano' as never }] }] }),
  ).toBe('InvalidParameterValue');
  expect(await refused({ LaunchTemplateConfigs: [{ ...config, Overrides: [{ WeightedCapacity: 2 }] }] })).toBe(
    'UnsupportedOperation',
  );
  expect(await refused({ TargetCapacitySpecification: { TotalTargetCapacity: -1 } })).toBe('InvalidParameterValue');
  expect(await refused({ TagSpecifications: [{ ResourceType: 'instance', Tags: [] }] })).toBe('InvalidParameterValue');
  const unknown = cloud.ec2.send(
    new DescribeFleetsCommand({ FleetIds: ['fleet-00000000-0000-0000-0000-000000000000'] }),
  );
  expect((await errorOf(unknown)).name).toBe('InvalidFleetId.NotFound');
});

test('a change of nothing is refused', async () => {
  const cloud = await startTestCloud();
  const id = await createFleet(cloud, { target: 0 });
  const error = await errorOf(cloud.ec2.send(new ModifyFleetCommand({ FleetId: id })));
  expect(error.name).toBe('InvalidParameterCombination');
});
