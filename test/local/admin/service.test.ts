import { expect, test } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { noFaults } from '../../../local/admin/faults.js';
import { createAdminService } from '../../../local/admin/service.js';
import { startServer } from '../../../local/http/server.js';
import { admin, afterThisTest, createFleet, idOf, running, startTestCloud, terminated } from '../ec2/support.js';

test('the state has every instance and every fleet', async () => {
  const cloud = await startTestCloud();
  const fleet = await createFleet(cloud, { target: 1 });
  const [instance] = await running(cloud, 1);
  const view = cloud.compute.instances.get(idOf(instance));
  expect(await admin(cloud, 'GET', 'state')).toEqual({
    status: 200,
    body: {
      instances: [
        {
          id: idOf(instance),
          state: 'running',
          type: 'c7g.large',
          zone: instance?.Placement?.AvailabilityZone,
          fleet,
          pid: view?.pid,
          metadataEndpoint: view?.metadataEndpoint,
          directory: view?.directory,
        },
      ],
      fleets: [{ id: fleet, state: 'active', target: 1, fulfilled: 1, openRequests: 0 }],
      schedules: [],
      invocations: [],
    },
  });
});

test('a rebalance recommendation reaches the instance’s metadata', async () => {
  const cloud = await startTestCloud();
  await createFleet(cloud, { target: 1 });
  const [instance] = await running(cloud, 1);
  expect((await admin(cloud, 'POST', `instances/${idOf(instance)}/rebalance`)).status).toBe(200);
  const { metadataEndpoint } = cloud.compute.instances.get(idOf(instance)) ?? {};
  const token = await fetch(`${metadataEndpoint}/latest/api/token`, {
    method: 'PUT',
    headers: { 'X-aws-ec2-metadata-token-ttl-seconds': '60' },
  });
  const document = await fetch(`${metadataEndpoint}/latest/meta-data/events/recommendations/rebalance`, {
    headers: { 'X-aws-ec2-metadata-token': await token.text() },
  });
  expect(await document.json()).toHaveProperty('noticeTime');
});

test('every instance can be reclaimed at once', async () => {
  const cloud = await startTestCloud();
  await createFleet(cloud, { target: 2 });
  const instances = await running(cloud, 2);
  const { body } = await admin(cloud, 'POST', 'reclaim-all', { noticeMs: null });
  expect(body['instances']).toEqual(instances.map(idOf));
  await terminated(cloud, 2);
});

test('a second notice is refused, a reclaim without notice is not', async () => {
  const cloud = await startTestCloud();
  await createFleet(cloud, { target: 1 });
  const [instance] = await running(cloud, 1);
  const reclaim = (noticeMs: number | null) =>
    admin(cloud, 'POST', `instances/${idOf(instance)}/reclaim`, { noticeMs });
  expect((await reclaim(60_000)).status).toBe(200);
  expect(await reclaim(60_000)).toEqual({
    status: 400,
    body: { error: `The instance ${idOf(instance)} is under notice already.` },
  });
  expect((await reclaim(null)).status).toBe(200);
  await terminated(cloud, 1);
  expect(await reclaim(null)).toEqual({
    status: 400,
    body: { error: `The instance ${idOf(instance)} is terminated.` },
  });
});

test('a notice is as much shorter as the market is faster, and its time is on the clock of the instance', async () => {
  const cloud = await startTestCloud({ timeScale: 2 });
  await createFleet(cloud, { target: 1 });
  const [instance] = await running(cloud, 1);
  const beforeMs = Date.now();
  await admin(cloud, 'POST', `instances/${idOf(instance)}/reclaim`, { noticeMs: 120_000 });
  const { takenAtMs = 0 } = cloud.compute.instances.get(idOf(instance)) ?? {};
  expect(takenAtMs - beforeMs).toBeGreaterThanOrEqual(60_000);
  expect(takenAtMs - Date.now()).toBeLessThanOrEqual(60_000);
});

test('the capacity can be read and changed', async () => {
  const cloud = await startTestCloud();
  expect((await admin(cloud, 'POST', 'market')).body).toEqual({ capacity: null });
  expect((await admin(cloud, 'POST', 'market', { capacity: 3 })).body).toEqual({ capacity: 3 });
  expect((await admin(cloud, 'POST', 'market', {})).body).toEqual({ capacity: 3 });
});

test('what is wrong is said', async () => {
  const cloud = await startTestCloud();
  const statusAndError = async (method: string, path: string, body?: unknown) => {
    const answer = await admin(cloud, method, path, body);
    return [answer.status, answer.body['error']];
  };
  expect(await statusAndError('POST', 'instances/i-0/reclaim', { noticeMs: null })).toEqual([
    404,
    'There is no instance i-0.',
  ]);
  expect((await statusAndError('POST', 'instances/i-0/reclaim', {}))[0]).toBe(400);
  expect((await statusAndError('POST', 'instances/i-0/reclaim', { noticeMs: -1 }))[0]).toBe(400);
  expect((await statusAndError('POST', 'reclaim-all', 'nonsense'))[1]).toBe('The body is not JSON.');
  expect((await statusAndError('POST', 'reclaim-all', '[]'))[1]).toBe('The body must be a JSON object.');
  expect((await statusAndError('POST', 'market', { capacity: 1.5 }))[0]).toBe(400);
  expect(await statusAndError('GET', 'nothing')).toEqual([404, 'There is nothing at /_local/nothing.']);
  expect(await statusAndError('DELETE', 'state')).toEqual([405, '/_local/state takes GET, not DELETE.']);
  expect((await statusAndError('GET', 'shutdown'))[0]).toBe(405);
});

test('a shutdown is answered first, then done', async () => {
  const { compute } = await startTestCloud();
  let asked = 0;
  const server = await startServer(
    { admin: createAdminService({ compute, faults: noFaults(), shutdown: () => (asked += 1) }) },
    { port: 0 },
  );
  afterThisTest(() => server.close());
  expect((await admin(server, 'POST', 'shutdown')).status).toBe(200);
  await eventually(() => asked === 1);
});
