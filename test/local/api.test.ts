/** Tests of `spotpool/local` as other test suites use it. */
import { existsSync, readdirSync } from 'node:fs';
import { CreateFleetCommand, CreateLaunchTemplateCommand, EC2Client } from '@aws-sdk/client-ec2';
import { CreateBucketCommand, ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { afterEach, expect, test, vi } from 'vitest';
import { type FaultRule, type LocalCloud, startLocalCloud, type StartOptions } from '../../local/api.js';
import { eventually } from '../support/eventually.js';
import { afterThisTest, base64, temporaryDirectory } from './ec2/support.js';

afterEach(() => void vi.unstubAllEnvs());

async function start(options?: StartOptions): Promise<LocalCloud> {
  const cloud = await startLocalCloud(options);
  afterThisTest(() => cloud.close());
  return cloud;
}

function clientOf<Client extends { destroy(): void }>(
  make: new (config: { endpoint: string; region: string; credentials: LocalCloud['credentials'] }) => Client,
  { endpoint, region, credentials }: LocalCloud,
): Client {
  const client = new make({ endpoint, region, credentials });
  afterThisTest(() => client.destroy());
  return client;
}

async function launch(cloud: LocalCloud, target: number): Promise<void> {
  const ec2 = clientOf(EC2Client, cloud);
  await ec2.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName: 'worker',
      LaunchTemplateData: {
        ImageId: 'ami-1',
        InstanceType: 'c7g.large',
        UserData: base64('#!/bin/sh\necho hello\nexec sleep 1000'),
      },
    }),
  );
  await ec2.send(
    new CreateFleetCommand({
      LaunchTemplateConfigs: [{ LaunchTemplateSpecification: { LaunchTemplateName: 'worker', Version: '1' } }],
      TargetCapacitySpecification: { TotalTargetCapacity: target, DefaultTargetCapacityType: 'spot' },
    }),
  );
}

const bucketsOf = async (s3: S3Client): Promise<readonly (string | undefined)[]> =>
  ((await s3.send(new ListBucketsCommand({}))).Buckets ?? []).map(({ Name }) => Name);

const isDown = (cloud: LocalCloud): Promise<boolean> =>
  fetch(cloud.endpoint).then(
    () => false,
    () => true,
  );

test('its environment variables suffice for an SDK to find it', async () => {
  const cloud = await start();
  for (const [name, value] of Object.entries(cloud.env)) vi.stubEnv(name, value);
  const s3 = new S3Client({});
  afterThisTest(() => s3.destroy());
  await s3.send(new CreateBucketCommand({ Bucket: 'mine' }));
  expect(await bucketsOf(s3)).toEqual(['mine']);
});

test('two clouds in one process share nothing', async () => {
  const [one, other] = [await start({ seed: 1 }), await start({ seed: 1 })];
  expect(one.credentials).not.toEqual(other.credentials);
  await clientOf(S3Client, one).send(new CreateBucketCommand({ Bucket: 'mine' }));
  expect(await bucketsOf(clientOf(S3Client, other))).toEqual([]);
  one.imperfections.sqs.emptyReceiveRate = 1;
  expect(other.imperfections.sqs.emptyReceiveRate).toBe(0);
  one.market.setCapacity({ pool: {}, capacity: 0 });
  await launch(one, 1);
  await launch(other, 1);
  await other.instances.waitFor(1);
  expect(one.instances.list()).toEqual([]);
  await one.close();
  expect(await bucketsOf(clientOf(S3Client, other))).toEqual([]);
  expect(other.instances.list()).toMatchObject([{ state: 'running' }]);
});

test('instances can be watched, reclaimed, and reclaimed all at once', async () => {
  const cloud = await start({ seed: 1 });
  await launch(cloud, 2);
  const [first, second] = await cloud.instances.waitFor(2);
  await eventually(() => cloud.instances.console(first!.id).includes('hello'));
  cloud.market.rebalance(second!.id);
  expect(cloud.instances.get(second!.id)).toHaveProperty('rebalanceAt');
  cloud.market.reclaim(first!.id, { noticeMs: null });
  await cloud.instances.waitFor(1, { state: 'terminated' });
  await cloud.instances.waitFor(2);
  expect(cloud.market.reclaimAll({ noticeMs: 60_000 })).toHaveLength(2);
  expect(cloud.instances.get(second!.id)).toHaveProperty('takenAt');
  expect(cloud.market.events().map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['granted', 'ran', 'rebalance', 'reclaim', 'ended']),
  );
  expect(() => cloud.market.reclaim('i-0')).toThrow('There is no instance i-0.');
  expect(() => cloud.market.setCapacity({ capacity: -1 })).toThrow('capacity must be a whole number');
  await expect(cloud.instances.waitFor(9, { timeoutMs: 1 })).rejects.toThrow(
    'Expected 9 instances to be running within 1 ms, but 2 are.',
  );
});

test('invalid options are refused with an explanation, and a failed start leaves nothing behind', async () => {
  const own = temporaryDirectory();
  vi.stubEnv('TMPDIR', own);
  await expect(startLocalCloud({ pools: [{ pool: { zone: 'mars' }, capacity: 0 }] })).rejects.toThrow('no zone "mars"');
  const rule = { service: 'dns', fault: '500' } as unknown as FaultRule;
  await expect(startLocalCloud({ faults: [rule] })).rejects.toThrow('service');
  expect(readdirSync(own)).toEqual([]);
});

test('prices and pools can be read and set', async () => {
  const cloud = await start({ pools: [{ pool: { zone: 'us-east-1b' }, capacity: 3 }] });
  cloud.market.setPrice({ pool: { instanceType: 'c7g.large' }, dollarsPerHour: 2 });
  const pools = cloud.market.pools().filter(({ instanceType }) => instanceType === 'c7g.large');
  expect(pools.map(({ zone, capacity, dollarsPerHour }) => [zone.at(-1), capacity, dollarsPerHour])).toEqual([
    ['a', null, 2],
    ['b', 3, 2],
    ['c', null, 2],
    ['d', null, 2],
  ]);
});

test('it ends with its block and leaves nothing behind', async () => {
  let kept: LocalCloud;
  let directory: string;
  {
    await using cloud = await startLocalCloud();
    kept = cloud;
    await launch(cloud, 1);
    const [instance] = await cloud.instances.waitFor(1);
    directory = instance!.directory;
    expect(existsSync(directory)).toBe(true);
  }
  expect(await isDown(kept)).toBe(true);
  expect(existsSync(directory)).toBe(false);
});

test('it ends with its signal, and does not start with an aborted signal', async () => {
  const controller = new AbortController();
  const cloud = await start({ signal: controller.signal });
  controller.abort();
  await eventually(() => isDown(cloud));
  await cloud.close();
  await expect(startLocalCloud({ signal: controller.signal })).rejects.toThrow('aborted');
});

test('faults and imperfections can be set at the start or later', async () => {
  const cloud = await start({
    imperfections: { sqs: { counterLagMs: 5 } },
    faults: [{ service: 's3', fault: '503', times: 1 }],
  });
  expect(cloud.imperfections.sqs.counterLagMs).toBe(5);
  await clientOf(S3Client, cloud).send(new ListBucketsCommand({}));
  expect(cloud.faults.list()).toMatchObject([{ service: 's3', struck: 1 }]);
});
