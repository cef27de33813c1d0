import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { eventually } from '../../support/eventually.js';
import {
  admin,
  createFleet,
  idOf,
  isAlive,
  running,
  startTestCloud,
  terminated,
  type TestCloud,
} from '../ec2/support.js';

/** Launches one instance with this user data, in which `@` stands for a directory that outlives the instance. */
async function launch(cloud: TestCloud, userData: string): Promise<string> {
  const fleet = await createFleet(cloud, { target: 1, userData: userData.replaceAll('@', cloud.scratch) });
  const [instance] = await eventually(() => {
    const all = cloud.compute.instances.all();
    return all.length > 0 ? all : undefined;
  });
  // The fleet is parked, so that it does not replace an instance that ends.
  await eventually(() => cloud.compute.instances.get(instance?.id ?? '')?.state !== 'pending');
  const parked = cloud.compute.fleets.get(fleet);
  if (parked !== undefined) parked.target = 0;
  return instance?.id ?? '';
}

const read = (cloud: TestCloud, name: string): string => readFileSync(path.join(cloud.scratch, name), 'utf8');

/** Waits until processes have written their pids, each into a file of its own. */
async function pids(cloud: TestCloud, ...names: readonly string[]): Promise<readonly number[]> {
  return eventually(() => {
    const found = names.map((name) => Number(read(cloud, name)));
    return found.every((pid) => pid > 0) ? found : undefined;
  });
}

const allGone = (numbers: readonly number[]): boolean => !numbers.some(isAlive);

test('user data runs in the instance’s directory, without the environment of the local cloud', async () => {
  process.env['SECRET_OF_THE_CLOUD'] = 'x';
  const cloud = await startTestCloud();
  const id = await launch(cloud, 'env > @/env.tmp; pwd > @/pwd; mv @/env.tmp @/env; sleep 1000');
  delete process.env['SECRET_OF_THE_CLOUD'];
  const environment = await eventually(() => read(cloud, 'env'));
  const variables = Object.fromEntries(
    environment
      .trim()
      .split('\n')
      .map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]),
  );
  const view = cloud.compute.instances.get(id);
  expect(read(cloud, 'pwd').trim()).toBe(view?.directory);
  expect(variables).toMatchObject({
    HOME: view?.directory,
    AWS_EC2_METADATA_SERVICE_ENDPOINT: view?.metadataEndpoint,
  });
  const allowed = [
    'PATH',
    'HOME',
    'TMPDIR',
    'LANG',
    'AWS_EC2_METADATA_SERVICE_ENDPOINT',
    'AWS_CONTAINER_CREDENTIALS_FULL_URI',
    'PWD',
    'OLDPWD',
    'SHLVL',
    '_',
  ];
  for (const name of Object.keys(variables)) expect(allowed).toContain(name);
});

test('a first line that names a program is honoured', async () => {
  const cloud = await startTestCloud();
  await launch(cloud, `#!${process.execPath}\nrequire('fs').writeFileSync('@/version', process.version)`);
  expect(await eventually(() => read(cloud, 'version'))).toBe(process.version);
});

test('user data that no program can run ends its instance, and the console says why', async () => {
  const cloud = await startTestCloud();
  const id = await launch(cloud, '#!/no/such/shell\ntrue');
  const [gone] = await terminated(cloud, 1);
  expect(gone?.StateReason?.Code).toBe('Server.InternalError');
  expect(cloud.compute.instances.consoleOutput(id)?.toString()).toContain('/no/such/shell');
});

test('user data that is not a script ends its instance, and the console says its kind', async () => {
  const cloud = await startTestCloud();
  const id = await launch(cloud, '#cloud-config\nruncmd: []');
  const [gone] = await terminated(cloud, 1);
  expect(gone?.StateReason?.Code).toBe('Server.InternalError');
  expect(cloud.compute.instances.consoleOutput(id)?.toString()).toBe(
    'The user data is cloud-config: the local cloud runs only scripts that begin with #! (such as #!/bin/sh).\n',
  );
});

test('an instance without user data runs and does nothing', async () => {
  const cloud = await startTestCloud();
  const id = await launch(cloud, '');
  expect(cloud.compute.instances.get(id)?.state).toBe('running');
  await cloud.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  await terminated(cloud, 1);
});

test('an instance ends when its first process ends, with everything that it left behind', async () => {
  const cloud = await startTestCloud();
  const id = await launch(
    cloud,
    `sh -c 'echo $$ > @/child; exec sleep 1000' &
     setsid sh -c 'echo $$ > @/session; cd /; exec sleep 1000' &
     (setsid sh -c 'trap "" TERM; echo $$ > @/deaf; while :; do sleep 1; done' &)
     while [ ! -s @/deaf ] || [ ! -s @/session ] || [ ! -s @/child ]; do sleep 0.05; done`,
  );
  const left = await pids(cloud, 'child', 'session', 'deaf');
  const [gone] = await terminated(cloud, 1);
  expect(gone).toMatchObject({ InstanceId: id, StateReason: { Code: 'Client.InstanceInitiatedShutdown' } });
  expect(allGone(left)).toBe(true);
  expect(existsSync(cloud.compute.instances.get(id)?.directory ?? '')).toBe(false);
});

test('a terminated instance gets SIGTERM and time to clean up', async () => {
  const cloud = await startTestCloud();
  const id = await launch(cloud, `trap 'echo bye > @/bye; exit' TERM; echo $$ > @/up; while :; do sleep 0.05; done`);
  await pids(cloud, 'up');
  await cloud.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  await terminated(cloud, 1);
  expect(read(cloud, 'bye').trim()).toBe('bye');
});

test('an instance that ignores SIGTERM is killed after the grace period', async () => {
  const cloud = await startTestCloud();
  const id = await launch(cloud, `trap '' TERM; echo $$ > @/up; while :; do sleep 1; done`);
  const up = await pids(cloud, 'up');
  await cloud.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  await terminated(cloud, 1);
  expect(allGone(up)).toBe(true);
});

test('a reclaim without notice kills immediately, without SIGTERM', async () => {
  const cloud = await startTestCloud();
  const id = await launch(
    cloud,
    `trap 'echo asked > @/asked' TERM; setsid sh -c 'echo $$ > @/slot; exec sleep 1000' & echo $$ > @/up; while :; do sleep 0.05; done`,
  );
  const up = await pids(cloud, 'up', 'slot');
  await admin(cloud, 'POST', `instances/${id}/reclaim`, { noticeMs: null });
  const [gone] = await terminated(cloud, 1);
  expect(gone?.StateReason?.Code).toBe('Server.SpotInstanceTermination');
  expect(allGone(up)).toBe(true);
  expect(existsSync(path.join(cloud.scratch, 'asked'))).toBe(false);
});

test('an instance under notice runs until its time and is then killed', async () => {
  const cloud = await startTestCloud();
  const id = await launch(cloud, `trap 'echo asked > @/asked' TERM; echo $$ > @/up; while :; do sleep 0.05; done`);
  const up = await pids(cloud, 'up');
  await admin(cloud, 'POST', `instances/${id}/reclaim`, { noticeMs: 500 });
  const takenAtMs = cloud.compute.instances.get(id)?.takenAtMs ?? 0;
  expect(cloud.compute.instances.get(id)?.state).toBe('running');
  expect(up.every(isAlive)).toBe(true);
  await terminated(cloud, 1);
  expect(Date.now()).toBeGreaterThanOrEqual(takenAtMs);
  expect(allGone(up)).toBe(true);
  expect(existsSync(path.join(cloud.scratch, 'asked'))).toBe(false);
});

test('an instance that ends itself under notice is recorded as having ended itself', async () => {
  const cloud = await startTestCloud();
  const id = await launch(cloud, `while [ ! -e @/leave ]; do sleep 0.05; done`);
  await admin(cloud, 'POST', `instances/${id}/reclaim`, { noticeMs: 60_000 });
  await admin(cloud, 'POST', 'market', { capacity: 0 });
  writeFileSync(path.join(cloud.scratch, 'leave'), '');
  const [gone] = await terminated(cloud, 1);
  expect(gone?.StateReason?.Code).toBe('Client.InstanceInitiatedShutdown');
});

test('two instances do not end each other', async () => {
  const cloud = await startTestCloud();
  await createFleet(cloud, { target: 2 });
  const [one, other] = await running(cloud, 2);
  await admin(cloud, 'POST', 'market', { capacity: 0 });
  await admin(cloud, 'POST', `instances/${idOf(one)}/reclaim`, { noticeMs: null });
  await terminated(cloud, 1);
  expect(isAlive(cloud.compute.instances.get(idOf(other))?.pid ?? 0)).toBe(true);
});

test('closing the cloud ends every instance, including one that still boots', async () => {
  const cloud = await startTestCloud({ arriveOverMs: 3_000 });
  await createFleet(cloud, { target: 3 });
  await running(cloud, 1);
  const alive = cloud.compute.instances.all().flatMap((instance) => (instance.pid === undefined ? [] : [instance.pid]));
  await cloud.compute.close();
  expect(allGone(alive)).toBe(true);
  expect(cloud.compute.instances.all().every((instance) => instance.state === 'terminated')).toBe(true);
});
