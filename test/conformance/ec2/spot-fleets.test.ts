/**
 * Spot Fleets of type `maintain`: the legacy API, which many accounts have.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/work-with-spot-fleets.html
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RequestSpotFleet.html, …/API_ModifySpotFleetRequest.html,
 * …/API_CancelSpotFleetRequests.html, …/API_DescribeSpotFleetRequestHistory.html
 */
import {
  CancelSpotFleetRequestsCommand,
  DescribeSpotFleetInstancesCommand,
  DescribeSpotFleetRequestHistoryCommand,
  DescribeSpotFleetRequestsCommand,
  ModifySpotFleetRequestCommand,
  paginateDescribeSpotFleetRequests,
  RequestSpotFleetCommand,
} from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { conformanceTarget, unique } from '../target.js';
import { FLEET_ROLE, idOf, NOBODY, TestEc2 } from './test-fleet.js';
import { errorOf } from '../../support/error-of.js';

const target = conformanceTarget();
const ec2 = new TestEc2(target);
const client = () => target().ec2;

const modify = (id: string, change: object) =>
  client().send(new ModifySpotFleetRequestCommand({ SpotFleetRequestId: id, ...change }));

describe('Spot Fleet: request and describe', () => {
  test('a request is described in its own words', async () => {
    const id = await ec2.spotFleet(0, {
      TagSpecifications: [{ ResourceType: 'spot-fleet-request', Tags: [{ Key: 'stack', Value: 's' }] }],
    });
    expect(id).toMatch(/^sfr-/);
    expect(await ec2.describeSpotFleet(id)).toMatchObject({
      SpotFleetRequestState: 'active',
      ActivityStatus: 'fulfilled',
      Tags: [{ Key: 'stack', Value: 's' }],
      SpotFleetRequestConfig: {
        IamFleetRole: FLEET_ROLE,
        Type: 'maintain',
        TargetCapacity: 0,
        FulfilledCapacity: 0,
        AllocationStrategy: 'priceCapacityOptimized',
        ExcessCapacityTerminationPolicy: 'noTermination',
      },
    });
  });

  test('a retried request returns the same fleet; the same token with other parameters is refused', async () => {
    const token = unique('token');
    const id = await ec2.spotFleet(0, { ClientToken: token });
    const { LaunchTemplateConfigs = [] } = (await ec2.describeSpotFleet(id)).SpotFleetRequestConfig ?? {};
    const { LaunchTemplateId, Version } = LaunchTemplateConfigs[0]?.LaunchTemplateSpecification ?? {};
    const config = await ec2.spotFleetConfig(0, {
      ClientToken: token,
      LaunchTemplateConfigs: [{ LaunchTemplateSpecification: { LaunchTemplateId, Version } }],
    });
    const again = await client().send(new RequestSpotFleetCommand({ SpotFleetRequestConfig: config }));
    expect(again.SpotFleetRequestId).toBe(id);
    const other = new RequestSpotFleetCommand({ SpotFleetRequestConfig: { ...config, TargetCapacity: 1 } });
    expect((await errorOf(client().send(other))).name).toBe('IdempotentParameterMismatch');
  });

  test('requests come in pages, each once', async () => {
    const ids = [await ec2.spotFleet(0), await ec2.spotFleet(0)];
    const seen: (string | undefined)[] = [];
    for await (const page of paginateDescribeSpotFleetRequests({ client: client(), pageSize: 1 }, {})) {
      seen.push(...(page.SpotFleetRequestConfigs ?? []).map((config) => config.SpotFleetRequestId));
    }
    expect(seen.filter((id) => ids.includes(id ?? ''))).toEqual(ids);
  });

  test("a missing request has AWS's error code", async () => {
    const find = (id: string) =>
      errorOf(client().send(new DescribeSpotFleetRequestsCommand({ SpotFleetRequestIds: [id] })));
    expect((await find(NOBODY.spotFleet)).name).toBe('InvalidSpotFleetRequestId.NotFound');
    expect((await find('nonsense')).name).toBe('InvalidSpotFleetRequestId.Malformed');
  });
});

describe('Spot Fleet: instances and modify', () => {
  test('a raised target starts instances, and a target lowered without termination keeps them', async () => {
    const id = await ec2.spotFleet(0);
    await modify(id, { TargetCapacity: 2, ExcessCapacityTerminationPolicy: 'noTermination' });
    const instances = await ec2.running(id, 2);
    const { ActiveInstances = [] } = await client().send(
      new DescribeSpotFleetInstancesCommand({ SpotFleetRequestId: id }),
    );
    expect(ActiveInstances.map((active) => active.InstanceId).sort()).toEqual(instances.map(idOf).sort());
    expect((await ec2.describeSpotFleet(id)).SpotFleetRequestConfig).toMatchObject({
      TargetCapacity: 2,
      FulfilledCapacity: 2,
    });
    await modify(id, { TargetCapacity: 0, ExcessCapacityTerminationPolicy: 'noTermination' });
    await eventually(async () => (await ec2.describeSpotFleet(id)).SpotFleetRequestConfig?.TargetCapacity === 0);
    expect(await ec2.instances(id, 'running')).toHaveLength(2);
  });

  test('requirements select the types', async () => {
    const template = await ec2.template();
    const id = await ec2.spotFleet(1, {
      LaunchTemplateConfigs: [
        {
          LaunchTemplateSpecification: { LaunchTemplateId: template, Version: '1' },
          Overrides: [
            {
              InstanceRequirements: {
                VCpuCount: { Min: 2, Max: 2 },
                MemoryMiB: { Min: 16_384, Max: 16_384 },
                AllowedInstanceTypes: ['r6*'],
              },
            },
          ],
        },
      ],
    });
    const [instance] = await ec2.running(id, 1);
    expect(instance?.InstanceType).toMatch(/^r6gd?\.large$/);
  });

  test('an empty change is refused', async () => {
    const id = await ec2.spotFleet(0);
    expect((await errorOf(modify(id, {}))).name).toBe('InvalidParameterCombination');
    expect((await errorOf(modify(NOBODY.spotFleet, { TargetCapacity: 1 }))).name).toBe(
      'InvalidSpotFleetRequestId.NotFound',
    );
  });
});

describe('Spot Fleet: cancel', () => {
  test('a request cancelled with its instances ends them, and cannot be cancelled or modified again', async () => {
    const id = await ec2.spotFleet(1);
    await ec2.running(id, 1);
    const cancel = new CancelSpotFleetRequestsCommand({
      SpotFleetRequestIds: [id, NOBODY.spotFleet, 'nonsense'],
      TerminateInstances: true,
    });
    const cancelled = await client().send(cancel);
    expect(cancelled.SuccessfulFleetRequests).toEqual([
      {
        SpotFleetRequestId: id,
        PreviousSpotFleetRequestState: 'active',
        CurrentSpotFleetRequestState: 'cancelled_terminating',
      },
    ]);
    expect(cancelled.UnsuccessfulFleetRequests?.map((refused) => refused.Error?.Code)).toEqual([
      'fleetRequestIdDoesNotExist',
      'fleetRequestIdMalformed',
    ]);
    await ec2.terminated(id, 1);
    await eventually(async () => (await ec2.describeSpotFleet(id)).SpotFleetRequestState === 'cancelled');
    const again = await client().send(cancel);
    expect(again.UnsuccessfulFleetRequests?.[0]?.Error?.Code).toBe('fleetRequestNotInCancellableState');
    expect((await errorOf(modify(id, { TargetCapacity: 1 }))).name).toBe('FleetNotInModifiableState');
  });

  test('a request cancelled without its instances keeps them', async () => {
    const id = await ec2.spotFleet(1);
    await ec2.running(id, 1);
    const { SuccessfulFleetRequests } = await client().send(
      new CancelSpotFleetRequestsCommand({ SpotFleetRequestIds: [id], TerminateInstances: false }),
    );
    expect(SuccessfulFleetRequests?.[0]?.CurrentSpotFleetRequestState).toBe('cancelled_running');
    expect(await ec2.instances(id, 'running')).toHaveLength(1);
    await ec2.terminate(id);
  });
});

describe('Spot Fleet: history', () => {
  test('the history lists events in order, by type and in pages', async () => {
    const startMs = Date.now() - 60_000;
    const id = await ec2.spotFleet(1);
    const [instance] = await ec2.running(id, 1);
    const history = async (more: object) =>
      client().send(
        new DescribeSpotFleetRequestHistoryCommand({ SpotFleetRequestId: id, StartTime: new Date(startMs), ...more }),
      );
    const { HistoryRecords: changes = [] } = await history({ EventType: 'fleetRequestChange' });
    expect(changes.slice(0, 2).map((record) => record.EventInformation?.EventSubType)).toEqual(['submitted', 'active']);
    const { HistoryRecords: launches = [] } = await history({ EventType: 'instanceChange' });
    expect(launches.map((record) => record.EventInformation)).toMatchObject([
      { EventSubType: 'launched', InstanceId: idOf(instance) },
    ]);
    const page = await history({ MaxResults: 1 });
    expect(page.HistoryRecords).toHaveLength(1);
    expect((await history({ MaxResults: 1, NextToken: page.NextToken })).HistoryRecords?.[0]).not.toEqual(
      page.HistoryRecords?.[0],
    );
  });
});
