import http from 'node:http';
import { DescribeSpotPriceHistoryCommand } from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { noFaults } from '../../../local/admin/faults.js';
import { createAdminService } from '../../../local/admin/service.js';
import { noImperfections } from '../../../local/faults/imperfections.js';
import { basicAuthorization } from '../../../local/http/basic.js';
import { startServer } from '../../../local/http/server.js';
import {
  admin,
  afterThisTest,
  createFleet,
  idOf,
  describeFleet,
  knowing,
  running,
  setTarget,
  startTestCloud,
  terminated,
  TEST_KEY,
} from '../ec2/support.js';

test('the state contains every instance and every fleet', async () => {
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
      market: { seed: 1, timeScale: 1, capacity: null, short: 0 },
      imperfections: noImperfections(),
      faults: [],
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

test('all instances can be reclaimed at once', async () => {
  const cloud = await startTestCloud();
  await createFleet(cloud, { target: 2 });
  const instances = await running(cloud, 2);
  const { body } = await admin(cloud, 'POST', 'reclaim-all', { noticeMs: null });
  expect(body['instances']).toEqual(instances.map(idOf));
  await terminated(cloud, 2);
});

test('a second notice is refused, but a reclaim without notice is accepted', async () => {
  const cloud = await startTestCloud();
  await createFleet(cloud, { target: 1 });
  const [instance] = await running(cloud, 1);
  const reclaim = (noticeMs: number | null) =>
    admin(cloud, 'POST', `instances/${idOf(instance)}/reclaim`, { noticeMs });
  expect((await reclaim(60_000)).status).toBe(200);
  expect(await reclaim(60_000)).toEqual({
    status: 400,
    body: { error: `The instance ${idOf(instance)} already has an interruption notice.` },
  });
  expect((await reclaim(null)).status).toBe(200);
  await terminated(cloud, 1);
  expect(await reclaim(null)).toEqual({
    status: 400,
    body: { error: `The instance ${idOf(instance)} is terminated.` },
  });
});

test("a faster market shortens a notice, and the notice's time matches the instance's clock", async () => {
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
  expect((await admin(cloud, 'POST', 'market')).body).toMatchObject({ capacity: null });
  expect((await admin(cloud, 'POST', 'market', { capacity: 3 })).body).toMatchObject({ capacity: 3 });
  expect((await admin(cloud, 'POST', 'market', {})).body).toMatchObject({ capacity: 3 });
  expect((await admin(cloud, 'POST', 'market', { capacity: null })).body).toMatchObject({ capacity: null });
});

test('a fleet uses another pool when one is short, and waits for room when all are short', async () => {
  const cloud = await startTestCloud();
  const pool = { instanceType: 'c7g.large', zone: 'us-east-1a' };
  for (const [zone, capacity] of Object.entries({ a: 1, b: 2, c: 1, d: 2 })) {
    await admin(cloud, 'POST', 'market', { pool: { zone: `us-east-1${zone}` }, capacity });
  }
  const fleet = await createFleet(cloud, { target: 6 });
  const instances = await running(cloud, 6);
  expect(
    instances
      .map((instance) => instance.Placement?.AvailabilityZone?.at(-1))
      .sort()
      .join(''),
  ).toBe('abbcdd');
  await admin(cloud, 'POST', 'market', { pool: {}, capacity: 0 });
  await setTarget(cloud, fleet, 7);
  expect((await describeFleet(cloud, fleet)).ActivityStatus).toBe('pending_fulfillment');
  await eventually(async () => {
    const { market } = (await admin(cloud, 'GET', 'state')).body as { market: { short: number } };
    return market.short === 1;
  });
  await admin(cloud, 'POST', 'market', { pool, capacity: 2 });
  await running(cloud, 7);
  expect((await describeFleet(cloud, fleet)).ActivityStatus).toBe('fulfilled');
  const { body } = await admin(cloud, 'GET', 'market');
  expect(body['pools']).toContainEqual({ ...pool, live: 2, capacity: 2, dollarsPerHour: expect.any(Number) as number });
});

test('the price of a pool can be set, and EC2 reports it', async () => {
  const cloud = await startTestCloud();
  const pool = { instanceType: 'c7g.large', zone: 'us-east-1a' };
  await admin(cloud, 'POST', 'market', { pool, dollarsPerHour: 9.5 });
  const { SpotPriceHistory } = await cloud.ec2.send(
    new DescribeSpotPriceHistoryCommand({
      InstanceTypes: ['c7g.large'],
      AvailabilityZone: 'us-east-1a',
      StartTime: new Date(),
    }),
  );
  expect(SpotPriceHistory?.map(({ SpotPrice }) => Number(SpotPrice))).toEqual([9.5]);
});

test('an instance can be taken before the time of its notice', async () => {
  const cloud = await startTestCloud();
  await createFleet(cloud, { target: 1 });
  const [instance] = await running(cloud, 1);
  await admin(cloud, 'POST', `instances/${idOf(instance)}/reclaim`, { noticeMs: 120_000, takenAfterMs: 100 });
  const { takenAtMs = 0 } = cloud.compute.instances.get(idOf(instance)) ?? {};
  expect(takenAtMs - Date.now()).toBeGreaterThan(60_000);
  await terminated(cloud, 1);
});

test('web pages are refused under every host name', async () => {
  const cloud = await startTestCloud();
  const authorization = basicAuthorization(TEST_KEY);
  const status = (headers: Record<string, string>): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const request = http.get(
        `${cloud.endpoint}/_local/state`,
        { headers: { authorization, ...headers } },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      );
      request.once('error', reject);
    });
  expect(await status({})).toBe(200);
  expect(await status({ host: 'localhost:1234' })).toBe(200);
  expect(await status({ origin: 'http://127.0.0.1:80' })).toBe(403);
  expect(await status({ 'sec-fetch-site': 'cross-site' })).toBe(403);
  expect(await status({ host: 'rebound.example:80' })).toBe(403);
});

test('invalid requests are refused with an explanation', async () => {
  const cloud = await startTestCloud();
  const statusAndError = async (method: string, path: string, body?: unknown) => {
    const answer = await admin(cloud, method, path, body);
    return [answer.status, answer.body['error']];
  };
  expect(await statusAndError('POST', 'instances/i-0/reclaim', { noticeMs: null })).toEqual([
    404,
    'There is no instance i-0.',
  ]);
  for (const wrong of [{ noticeMs: -1 }, { takenAfterMs: -1 }, { noticeMs: null, takenAfterMs: 1 }]) {
    expect((await statusAndError('POST', 'instances/i-0/reclaim', wrong))[0]).toBe(400);
  }
  expect((await statusAndError('POST', 'market', { dollarsPerHour: 0 }))[0]).toBe(400);
  expect(await statusAndError('POST', 'market', { capacity: 1, pool: { zone: 'mars-1a' } })).toEqual([
    400,
    'The market has no zone "mars-1a". Its zones are us-east-1a, us-east-1b, us-east-1c, us-east-1d.',
  ]);
  for (const pool of ['c7g', null, { type: 'c7g.large' }, { instanceType: 'x' }]) {
    expect((await statusAndError('POST', 'reclaim-all', { pool }))[0]).toBe(400);
  }
  expect((await statusAndError('POST', 'reclaim-all', 'nonsense'))[1]).toBe('The body is not JSON.');
  expect((await statusAndError('POST', 'reclaim-all', '[]'))[1]).toBe('The body must be a JSON object.');
  expect((await statusAndError('POST', 'market', { capacity: 1.5 }))[0]).toBe(400);
  expect(await statusAndError('GET', 'nothing')).toEqual([404, 'There is no admin route /_local/nothing.']);
  expect(await statusAndError('DELETE', 'state')).toEqual([405, '/_local/state takes GET, not DELETE.']);
  expect((await statusAndError('GET', 'shutdown'))[0]).toBe(405);
});

test('a shutdown is answered before it happens', async () => {
  const { compute } = await startTestCloud();
  let asked = 0;
  const server = await startServer(
    {
      admin: createAdminService({
        credentials: knowing(TEST_KEY),
        compute,
        faults: noFaults(),
        shutdown: () => (asked += 1),
      }),
    },
    { port: 0 },
  );
  afterThisTest(() => server.close());
  expect((await admin(server, 'POST', 'shutdown')).status).toBe(200);
  await eventually(() => asked === 1);
});
