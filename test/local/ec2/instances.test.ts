import {
  CreateTagsCommand,
  DescribeInstancesCommand,
  DescribeTagsCommand,
  GetConsoleOutputCommand,
  paginateDescribeInstances,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { createFleet, describeInstances, errorOf, idOf, running, startTestCloud, terminated } from './support.js';

test('instances are found by state, tag, id and type, and all filters must hold', async () => {
  const cloud = await startTestCloud();
  const fleet = await createFleet(cloud, { target: 2 });
  const [one] = await running(cloud, 2);
  const count = async (...filters: (readonly [string, ...string[]])[]): Promise<number> => {
    const Filters = filters.map(([Name, ...Values]) => ({ Name, Values }));
    const { Reservations = [] } = await cloud.ec2.send(new DescribeInstancesCommand({ Filters }));
    return Reservations.flatMap((reservation) => reservation.Instances ?? []).length;
  };
  expect(await count(['instance-state-name', 'running', 'pending'])).toBe(2);
  expect(await count(['instance-state-name', 'terminated'])).toBe(0);
  expect(await count(['tag:aws:ec2:fleet-id', fleet])).toBe(2);
  expect(await count(['tag:aws:ec2:fleet-id', 'fleet-*'], ['instance-id', idOf(one)])).toBe(1);
  expect(await count(['instance-type', 'c7g.*'])).toBe(2);
  expect(await count(['instance-type', 'm?g.large'])).toBe(0);
  const unknown = errorOf(count(['no-such-filter', 'x']));
  expect(await unknown).toMatchObject({
    name: 'InvalidParameterValue',
    message: expect.stringContaining("The filter 'no-such-filter' is invalid") as string,
  });
});

test('pages hold every instance once', async () => {
  const cloud = await startTestCloud();
  await createFleet(cloud, { target: 7, userData: 'sleep 1000' });
  await running(cloud, 7);
  const pages: number[] = [];
  const ids = new Set<string>();
  for await (const page of paginateDescribeInstances({ client: cloud.ec2, pageSize: 5 }, {})) {
    const instances = page.Reservations?.flatMap((reservation) => reservation.Instances ?? []) ?? [];
    pages.push(instances.length);
    for (const instance of instances) ids.add(idOf(instance));
  }
  expect(pages).toEqual([5, 2]);
  expect(ids.size).toBe(7);
});

test('an instance that is terminated by the API says so, stays visible, and can be terminated again', async () => {
  const cloud = await startTestCloud();
  await createFleet(cloud, { target: 1 });
  const [instance] = await running(cloud, 1);
  const terminate = new TerminateInstancesCommand({ InstanceIds: [idOf(instance)] });
  const { TerminatingInstances } = await cloud.ec2.send(terminate);
  expect(TerminatingInstances).toEqual([
    {
      InstanceId: idOf(instance),
      PreviousState: { Code: 16, Name: 'running' },
      CurrentState: { Code: 32, Name: 'shutting-down' },
    },
  ]);
  const [gone] = await terminated(cloud, 1);
  expect(gone?.StateReason).toEqual({
    Code: 'Client.UserInitiatedShutdown',
    Message: 'Client.UserInitiatedShutdown: User initiated shutdown',
  });
  const again = await cloud.ec2.send(terminate);
  expect(again.TerminatingInstances?.[0]?.CurrentState?.Name).toBe('terminated');
});

test('one bad id terminates none', async () => {
  const cloud = await startTestCloud();
  await createFleet(cloud, { target: 1 });
  const [instance] = await running(cloud, 1);
  const missing = 'i-0123456789abcdef0';
  const call = cloud.ec2.send(new TerminateInstancesCommand({ InstanceIds: [idOf(instance), missing] }));
  expect(await errorOf(call)).toMatchObject({
    name: 'InvalidInstanceID.NotFound',
    message: `The instance ID '${missing}' does not exist`,
  });
  expect(await describeInstances(cloud, 'running')).toHaveLength(1);
  const malformed = cloud.ec2.send(new DescribeInstancesCommand({ InstanceIds: ['nonsense'] }));
  expect((await errorOf(malformed)).name).toBe('InvalidInstanceID.Malformed');
});

test('a dry run does nothing', async () => {
  const cloud = await startTestCloud();
  await createFleet(cloud, { target: 1 });
  const [instance] = await running(cloud, 1);
  const call = cloud.ec2.send(new TerminateInstancesCommand({ InstanceIds: [idOf(instance)], DryRun: true }));
  expect((await errorOf(call)).name).toBe('DryRunOperation');
  expect(await describeInstances(cloud, 'running')).toHaveLength(1);
});

test('the console has what the instance printed, during its life and after it', async () => {
  const cloud = await startTestCloud();
  await createFleet(cloud, { target: 1, userData: 'echo out; echo err >&2; sleep 1000' });
  const [instance] = await running(cloud, 1);
  const output = async (): Promise<string> => {
    const { Output = '' } = await cloud.ec2.send(new GetConsoleOutputCommand({ InstanceId: idOf(instance) }));
    return Buffer.from(Output, 'base64').toString();
  };
  await eventually(async () => /out/.test(await output()) && /err/.test(await output()));
  await cloud.ec2.send(new TerminateInstancesCommand({ InstanceIds: [idOf(instance)] }));
  await terminated(cloud, 1);
  expect((await output()).split('\n').sort()).toEqual(['', 'err', 'out']);
});

test('tags can be added to whatever has tags, but not in the name of AWS', async () => {
  const cloud = await startTestCloud();
  const fleet = await createFleet(cloud, { target: 1 });
  const [instance] = await running(cloud, 1);
  await cloud.ec2.send(
    new CreateTagsCommand({ Resources: [fleet, idOf(instance)], Tags: [{ Key: 'stage', Value: 'test & more' }] }),
  );
  const { Tags } = await cloud.ec2.send(new DescribeTagsCommand({ Filters: [{ Name: 'key', Values: ['stage'] }] }));
  expect(Tags).toEqual([
    { Key: 'stage', Value: 'test & more', ResourceId: fleet, ResourceType: 'fleet' },
    { Key: 'stage', Value: 'test & more', ResourceId: idOf(instance), ResourceType: 'instance' },
  ]);
  const reserved = cloud.ec2.send(new CreateTagsCommand({ Resources: [fleet], Tags: [{ Key: 'aws:x', Value: '' }] }));
  expect((await errorOf(reserved)).name).toBe('InvalidParameterValue');
  const unknown = cloud.ec2.send(new CreateTagsCommand({ Resources: ['vol-1'], Tags: [{ Key: 'x', Value: '' }] }));
  expect((await errorOf(unknown)).name).toBe('InvalidID');
});
