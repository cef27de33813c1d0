/**
 * EC2 Fleets of type `maintain`.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-fleet.html, …/modify-ec2-fleet.html, …/fleet-quotas.html
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFleet.html, …/API_ModifyFleet.html, …/API_DeleteFleets.html,
 * …/API_DescribeFleetHistory.html, …/API_EventInformation.html
 */
import {
  CreateFleetCommand,
  type CreateFleetCommandInput,
  DeleteFleetsCommand,
  DescribeFleetHistoryCommand,
  DescribeFleetInstancesCommand,
  DescribeFleetsCommand,
  type FleetLaunchTemplateOverridesRequest,
  ModifyFleetCommand,
  paginateDescribeFleets,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { conformanceTarget, unique } from '../target.js';
import { aMoment, idOf, NOBODY, TestEc2 } from './test-fleet.js';
import { errorOf } from '../../support/error-of.js';

const target = conformanceTarget();
const ec2 = new TestEc2(target);
const client = () => target().ec2;

const sorted = (ids: readonly (string | undefined)[]): readonly (string | undefined)[] => [...ids].sort();
const modify = (id: string, change: object) => client().send(new ModifyFleetCommand({ FleetId: id, ...change }));

async function withOverrides(overrides: FleetLaunchTemplateOverridesRequest[]) {
  const template = await ec2.template();
  return ec2.fleet(2, {
    SpotOptions: { AllocationStrategy: 'diversified' },
    LaunchTemplateConfigs: [
      { LaunchTemplateSpecification: { LaunchTemplateId: template, Version: '$Default' }, Overrides: overrides },
    ],
  });
}

describe('EC2 Fleet: create and describe', () => {
  test('a fleet is created at target 0, has no instance, and shows its configuration', async () => {
    const id = await ec2.fleet(0, {
      SpotOptions: { AllocationStrategy: 'price-capacity-optimized' },
      TagSpecifications: [{ ResourceType: 'fleet', Tags: [{ Key: 'stack', Value: 's' }] }],
    });
    expect(id).toMatch(/^fleet-[0-9a-f-]{36}$/);
    expect(await ec2.describeFleet(id)).toMatchObject({
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
    expect(await ec2.instances(id)).toEqual([]);
  });

  test('a retried creation returns the same fleet; the same token with other parameters is refused', async () => {
    const request = await ec2.fleetRequest(0, { ClientToken: unique('token') });
    const first = await client().send(new CreateFleetCommand(request));
    ec2.deletedAfterwards(first.FleetId ?? '');
    const again = await client().send(new CreateFleetCommand(request));
    expect(again.FleetId).toBe(first.FleetId);
    const other = { ...request, ExcessCapacityTerminationPolicy: 'termination' as const };
    expect((await errorOf(client().send(new CreateFleetCommand(other)))).name).toBe('IdempotentParameterMismatch');
  });

  test('fleets come in pages, each once, and are found by state', async () => {
    const ids = [await ec2.fleet(0), await ec2.fleet(0), await ec2.fleet(0)];
    const seen: (string | undefined)[] = [];
    for await (const page of paginateDescribeFleets({ client: client(), pageSize: 1 }, {})) {
      expect(page.Fleets?.length ?? 0).toBeLessThanOrEqual(1);
      seen.push(...(page.Fleets ?? []).map((fleet) => fleet.FleetId));
    }
    expect(seen.filter((id) => ids.includes(id ?? ''))).toHaveLength(3);
    const states = async (state: string) => {
      const Filters = [{ Name: 'fleet-state', Values: [state] }];
      return (await client().send(new DescribeFleetsCommand({ FleetIds: ids, Filters }))).Fleets?.length;
    };
    expect([await states('active'), await states('deleted')]).toEqual([3, 0]);
  });

  test('invalid fleet configurations are refused', async () => {
    const good = await ec2.fleetRequest(0);
    const [config] = good.LaunchTemplateConfigs ?? [];
    const refused = async (change: Partial<CreateFleetCommandInput>): Promise<string> =>
      (await errorOf(client().send(new CreateFleetCommand({ ...good, ...change })))).name;
    const over = (override: FleetLaunchTemplateOverridesRequest) =>
      refused({ LaunchTemplateConfigs: [{ ...config, Overrides: [override] }] });
    expect(await refused({ LaunchTemplateConfigs: [] })).toBe('MissingParameter');
    expect(await refused({ TargetCapacitySpecification: { TotalTargetCapacity: -1 } })).toBe('InvalidParameterValue');
    expect(await refused({ TargetCapacitySpecification: { TotalTargetCapacity: 10_001 } })).toBe(
      'InvalidParameterValue',
    );
    expect(await refused({ TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'a', Value: '' }] }] })).toBe(
      'InvalidParameterValue',
    );
    const requirements = { VCpuCount: { Min: 2 }, MemoryMiB: { Min: 2048 } };
    expect(await over({ InstanceType: 'c7g.large', InstanceRequirements: requirements })).toBe(
      'InvalidParameterCombination',
    );
    const template = { LaunchTemplateId: NOBODY.template, Version: '1' };
    expect(await refused({ LaunchTemplateConfigs: [{ LaunchTemplateSpecification: template }] })).toBe(
      'InvalidLaunchTemplateId.NotFound',
    );
    const unknown = client().send(new DescribeFleetsCommand({ FleetIds: [NOBODY.fleet] }));
    expect((await errorOf(unknown)).name).toBe('InvalidFleetId.NotFound');
  });
});

describe('EC2 Fleet: instances', () => {
  test('a raised target starts instances with the tags and the name of their template', async () => {
    const template = await ec2.template({
      TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'team', Value: 'chemistry' }] }],
    });
    const id = await ec2.fleet(0, {
      LaunchTemplateConfigs: [{ LaunchTemplateSpecification: { LaunchTemplateId: template, Version: '1' } }],
    });
    await ec2.setTarget(id, 2, 'no-termination');
    const instances = await ec2.running(id, 2);
    for (const instance of instances) {
      expect(instance).toMatchObject({ InstanceType: 'c7g.large', InstanceLifecycle: 'spot' });
      expect(instance.Tags).toEqual(
        expect.arrayContaining([
          { Key: 'team', Value: 'chemistry' },
          { Key: 'aws:ec2launchtemplate:id', Value: template },
          { Key: 'aws:ec2launchtemplate:version', Value: '1' },
        ]),
      );
    }
    expect(await ec2.describeFleet(id)).toMatchObject({ FulfilledCapacity: 2, ActivityStatus: 'fulfilled' });
    const { ActiveInstances = [] } = await client().send(new DescribeFleetInstancesCommand({ FleetId: id }));
    expect(sorted(ActiveInstances.map((active) => active.InstanceId))).toEqual(sorted(instances.map(idOf)));
    const one = new DescribeFleetInstancesCommand({ FleetId: id, MaxResults: 1 });
    const page = await client().send(one);
    const rest = await client().send(new DescribeFleetInstancesCommand({ FleetId: id, NextToken: page.NextToken }));
    const paged = [...(page.ActiveInstances ?? []), ...(rest.ActiveInstances ?? [])];
    expect(page.ActiveInstances).toHaveLength(1);
    expect(sorted(paged.map((active) => active.InstanceId))).toEqual(sorted(instances.map(idOf)));
  });

  test('overrides name types and zones', async () => {
    const id = await withOverrides([
      { InstanceType: 'm7g.large', AvailabilityZone: 'us-east-1b' },
      { InstanceType: 'c6g.large', AvailabilityZone: 'us-east-1d' },
    ]);
    const instances = await ec2.running(id, 2);
    expect(instances.map((each) => `${each.InstanceType} ${each.Placement?.AvailabilityZone}`).sort()).toEqual([
      'c6g.large us-east-1d',
      'm7g.large us-east-1b',
    ]);
  });

  test('requirements select types of the image’s architecture', async () => {
    const id = await withOverrides([
      {
        InstanceRequirements: {
          VCpuCount: { Min: 4, Max: 4 },
          MemoryMiB: { Min: 16_384, Max: 16_384 },
          AllowedInstanceTypes: ['m*'],
        },
      },
    ]);
    for (const { InstanceType } of await ec2.running(id, 2)) expect(InstanceType).toMatch(/^m\d+g[dn]*\.xlarge$/);
  });
});

describe('EC2 Fleet: modify', () => {
  test('a target lowered without termination keeps the instances; only below the target are they replaced', async () => {
    const id = await ec2.fleet(2);
    const [first, second] = await ec2.running(id, 2);
    await ec2.setTarget(id, 1, 'no-termination');
    await client().send(new TerminateInstancesCommand({ InstanceIds: [idOf(first)] }));
    await ec2.terminated(id, 1);
    await aMoment();
    expect((await ec2.instances(id)).filter((each) => each.State?.Name !== 'terminated').map(idOf)).toEqual([
      idOf(second),
    ]);
    await client().send(new TerminateInstancesCommand({ InstanceIds: [idOf(second)] }));
    await ec2.terminated(id, 2);
    const [third] = await ec2.running(id, 1);
    expect([idOf(first), idOf(second)]).not.toContain(idOf(third));
  });

  test('the policy alone can be changed, and an empty change is refused', async () => {
    const id = await ec2.fleet(0);
    await modify(id, { ExcessCapacityTerminationPolicy: 'termination' });
    await eventually(async () => (await ec2.describeFleet(id)).ExcessCapacityTerminationPolicy === 'termination');
    expect((await ec2.describeFleet(id)).TargetCapacitySpecification?.TotalTargetCapacity).toBe(0);
    await expect(modify(id, {})).rejects.toThrow();
    expect((await errorOf(modify(NOBODY.fleet, { ExcessCapacityTerminationPolicy: 'termination' }))).name).toBe(
      'InvalidFleetId.NotFound',
    );
  });

  test('a dry run changes nothing', async () => {
    const id = await ec2.fleet(0);
    const dry = modify(id, { DryRun: true, TargetCapacitySpecification: { TotalTargetCapacity: 3 } });
    expect((await errorOf(dry)).name).toBe('DryRunOperation');
    expect(await ec2.describeFleet(id)).toMatchObject({ TargetCapacitySpecification: { TotalTargetCapacity: 0 } });
  });
});

describe('EC2 Fleet: delete', () => {
  test('a fleet deleted with its instances ends after them', async () => {
    const id = await ec2.fleet(1);
    await ec2.running(id, 1);
    const deleted = await client().send(new DeleteFleetsCommand({ FleetIds: [id], TerminateInstances: true }));
    expect(deleted.SuccessfulFleetDeletions).toEqual([
      { FleetId: id, PreviousFleetState: 'active', CurrentFleetState: 'deleted_terminating' },
    ]);
    await ec2.terminated(id, 1);
    await eventually(async () => (await ec2.describeFleet(id)).FleetState === 'deleted');
  });

  test('a fleet deleted without its instances keeps them, replaces none, and cannot be modified', async () => {
    const id = await ec2.fleet(1);
    const [instance] = await ec2.running(id, 1);
    const deleted = await client().send(new DeleteFleetsCommand({ FleetIds: [id], TerminateInstances: false }));
    expect(deleted.SuccessfulFleetDeletions).toMatchObject([{ FleetId: id, CurrentFleetState: 'deleted_running' }]);
    expect(await ec2.instances(id, 'running')).toHaveLength(1);
    const change = modify(id, { TargetCapacitySpecification: { TotalTargetCapacity: 2 } });
    expect((await errorOf(change)).name).toBe('FleetNotInModifiableState');
    await client().send(new TerminateInstancesCommand({ InstanceIds: [idOf(instance)] }));
    await eventually(async () => (await ec2.describeFleet(id)).FleetState === 'deleted');
    expect(await ec2.instances(id)).toHaveLength(1);
  });

  test('ids that cannot be deleted are listed one by one', async () => {
    const id = await ec2.fleet(0);
    const call = new DeleteFleetsCommand({ FleetIds: [id, NOBODY.fleet, 'nonsense'], TerminateInstances: true });
    const first = await client().send(call);
    expect(first.SuccessfulFleetDeletions?.map((deleted) => deleted.FleetId)).toEqual([id]);
    expect(first.UnsuccessfulFleetDeletions?.map((refused) => refused.Error?.Code)).toEqual([
      'fleetIdDoesNotExist',
      'fleetIdMalformed',
    ]);
    const again = await client().send(new DeleteFleetsCommand({ FleetIds: [id], TerminateInstances: true }));
    expect(again.UnsuccessfulFleetDeletions?.[0]?.Error?.Code).toBe('fleetNotInDeletableState');
  });
});

describe('EC2 Fleet: history', () => {
  test('the history lists events in order, by type and in pages', async () => {
    const startMs = Date.now() - 60_000;
    const id = await ec2.fleet(1);
    const [instance] = await ec2.running(id, 1);
    const history = async (more: object) =>
      client().send(new DescribeFleetHistoryCommand({ FleetId: id, StartTime: new Date(startMs), ...more }));
    const changes = await eventually(async () => {
      const { HistoryRecords = [] } = await history({ EventType: 'fleet-change' });
      const names = HistoryRecords.map((record) => record.EventInformation?.EventSubType);
      return names.includes('active') ? names : undefined;
    });
    expect(changes.slice(0, 2)).toEqual(['submitted', 'active']);
    const { HistoryRecords: launches = [] } = await history({ EventType: 'instance-change' });
    expect(launches.map((record) => record.EventInformation)).toMatchObject([
      { EventSubType: 'launched', InstanceId: idOf(instance) },
    ]);
    const page = await history({ MaxResults: 1 });
    expect(page.HistoryRecords).toHaveLength(1);
    expect(page.LastEvaluatedTime).toBeUndefined();
    const next = await history({ MaxResults: 1, NextToken: page.NextToken });
    expect(next.HistoryRecords?.[0]).not.toEqual(page.HistoryRecords?.[0]);
    expect((await history({ StartTime: new Date(Date.now() + 60_000) })).HistoryRecords).toEqual([]);
  });
});
