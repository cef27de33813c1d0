/**
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html, …/API_TerminateInstances.html,
 * …/API_DescribeInstanceStatus.html, …/API_DescribeSpotInstanceRequests.html
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html
 */
import {
  DescribeInstancesCommand,
  DescribeInstanceStatusCommand,
  DescribeSpotInstanceRequestsCommand,
  GetConsoleOutputCommand,
  paginateDescribeInstances,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';
import { conformanceTarget, unique } from '../target.js';
import { idOf, NOBODY, TestEc2 } from './test-fleet.js';
import { errorOf } from '../../support/error-of.js';

const target = conformanceTarget();
const ec2 = new TestEc2(target);
const client = () => target().ec2;

/** Creates a fleet whose instances have a tag of their own, so that filters tell them from all others. */
async function taggedFleet(size: number): Promise<{ readonly id: string; readonly tag: string }> {
  const tag = unique('suite');
  const LaunchTemplateId = await ec2.template({
    TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'suite', Value: tag }] }],
  });
  const LaunchTemplateConfigs = [{ LaunchTemplateSpecification: { LaunchTemplateId, Version: '1' } }];
  return { id: await ec2.fleet(size, { LaunchTemplateConfigs }), tag };
}

describe('instances: describe', () => {
  test('instances are found by state, tag, id, type and zone; all filters must match, and wildcards work', async () => {
    const { id, tag } = await taggedFleet(2);
    const [one] = await ec2.running(id, 2);
    const count = async (...filters: (readonly [string, ...string[]])[]): Promise<number> => {
      const own = { Name: 'tag:suite', Values: [tag] };
      const Filters = [own, ...filters.map(([Name, ...Values]) => ({ Name, Values }))];
      const { Reservations = [] } = await client().send(new DescribeInstancesCommand({ Filters }));
      return Reservations.flatMap((reservation) => reservation.Instances ?? []).length;
    };
    expect(await count(['instance-state-name', 'running', 'pending'])).toBe(2);
    expect(await count(['instance-state-name', 'terminated'])).toBe(0);
    expect(await count(['tag:suite', 'suite-*'], ['instance-id', idOf(one)])).toBe(1);
    expect(await count(['tag-key', 'suite'])).toBe(2);
    expect(await count(['instance-type', 'c7g.*'])).toBe(2);
    expect(await count(['instance-type', 'm?g.large'])).toBe(0);
    expect(await count(['availability-zone', 'us-east-1?'])).toBe(2);
    expect(await count(['instance-lifecycle', 'spot'])).toBe(2);
    expect(await errorOf(count(['no-such-filter', 'x']))).toMatchObject({ name: 'InvalidParameterValue' });
  });

  test('pages contain every instance once; ids and pages exclude each other', async () => {
    const { id, tag } = await taggedFleet(6);
    await ec2.running(id, 6);
    const ids = new Set<string>();
    const Filters = [{ Name: 'tag:suite', Values: [tag] }];
    for await (const page of paginateDescribeInstances({ client: client(), pageSize: 5 }, { Filters })) {
      const instances = page.Reservations?.flatMap((reservation) => reservation.Instances ?? []) ?? [];
      expect(instances.length).toBeLessThanOrEqual(5);
      for (const instance of instances) ids.add(idOf(instance));
    }
    expect(ids.size).toBe(6);
    const both = new DescribeInstancesCommand({ InstanceIds: [...ids], MaxResults: 5 });
    expect((await errorOf(client().send(both))).name).toBe('InvalidParameterCombination');
    const nonsense = new DescribeInstancesCommand({ NextToken: 'nonsense' });
    await expect(client().send(nonsense)).rejects.toThrow();
  });

  test("missing and malformed ids have AWS's error codes", async () => {
    const find = (id: string) => errorOf(client().send(new DescribeInstancesCommand({ InstanceIds: [id] })));
    expect(await find(NOBODY.instance)).toMatchObject({
      name: 'InvalidInstanceID.NotFound',
      message: `The instance ID '${NOBODY.instance}' does not exist`,
    });
    expect((await find('nonsense')).name).toBe('InvalidInstanceID.Malformed');
  });

  test('the status shows running instances, and all instances on request', async () => {
    const id = await ec2.fleet(1);
    const [instance] = await ec2.running(id, 1);
    const status = async (all: boolean) => {
      const call = new DescribeInstanceStatusCommand({ InstanceIds: [idOf(instance)], IncludeAllInstances: all });
      return (await client().send(call)).InstanceStatuses ?? [];
    };
    expect(await status(false)).toMatchObject([{ InstanceId: idOf(instance), InstanceState: { Name: 'running' } }]);
    await ec2.setTarget(id, 0, 'no-termination');
    await client().send(new TerminateInstancesCommand({ InstanceIds: [idOf(instance)] }));
    await ec2.terminated(id, 1);
    expect(await status(false)).toEqual([]);
    expect(await status(true)).toMatchObject([{ InstanceState: { Name: 'terminated' } }]);
  });

  test('a fleet’s instance has a Spot request, which shows its status', async () => {
    const id = await ec2.fleet(1);
    const [instance] = await ec2.running(id, 1);
    const SpotInstanceRequestIds = [instance?.SpotInstanceRequestId ?? ''];
    const { SpotInstanceRequests } = await client().send(
      new DescribeSpotInstanceRequestsCommand({ SpotInstanceRequestIds }),
    );
    expect(SpotInstanceRequests).toMatchObject([
      { InstanceId: idOf(instance), State: 'active', Status: { Code: 'fulfilled' } },
    ]);
  });

  test('the console of an instance can be read', async () => {
    const id = await ec2.fleet(1);
    const [instance] = await ec2.running(id, 1);
    const console = await client().send(new GetConsoleOutputCommand({ InstanceId: idOf(instance) }));
    expect(console).toMatchObject({ InstanceId: idOf(instance) });
    const nobody = client().send(new GetConsoleOutputCommand({ InstanceId: NOBODY.instance }));
    expect((await errorOf(nobody)).name).toBe('InvalidInstanceID.NotFound');
  });
});

describe('instances: terminate', () => {
  test('a terminated instance says so, stays visible, and can be terminated again', async () => {
    const id = await ec2.fleet(1);
    const [instance] = await ec2.running(id, 1);
    await ec2.setTarget(id, 0, 'no-termination');
    const terminate = new TerminateInstancesCommand({ InstanceIds: [idOf(instance)] });
    const { TerminatingInstances } = await client().send(terminate);
    expect(TerminatingInstances).toMatchObject([
      {
        InstanceId: idOf(instance),
        PreviousState: { Code: 16, Name: 'running' },
        CurrentState: { Code: 32, Name: 'shutting-down' },
      },
    ]);
    const [gone] = await ec2.terminated(id, 1);
    expect(gone?.StateReason).toEqual({
      Code: 'Client.UserInitiatedShutdown',
      Message: 'Client.UserInitiatedShutdown: User initiated shutdown',
    });
    const again = await client().send(terminate);
    expect(again.TerminatingInstances?.[0]?.CurrentState?.Name).toBe('terminated');
  });

  test('one bad id terminates none, and neither does a dry run', async () => {
    const id = await ec2.fleet(1);
    const [instance] = await ec2.running(id, 1);
    const bad = client().send(new TerminateInstancesCommand({ InstanceIds: [idOf(instance), NOBODY.instance] }));
    expect((await errorOf(bad)).name).toBe('InvalidInstanceID.NotFound');
    const dry = client().send(new TerminateInstancesCommand({ InstanceIds: [idOf(instance)], DryRun: true }));
    expect((await errorOf(dry)).name).toBe('DryRunOperation');
    expect(await ec2.instances(id, 'running')).toHaveLength(1);
  });
});
