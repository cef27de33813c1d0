/** The local cloud as the process that users start: dist/local/main.js. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  CreateFleetCommand,
  CreateLaunchTemplateCommand,
  DescribeRegionsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { CreateBucketCommand, ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import type { AccessKey } from '../../local/http/credentials.js';
import { eventually } from '../support/eventually.js';
import { admin, afterThisTest, base64, isAlive, temporaryDirectory } from './ec2/support.js';

const MAIN = fileURLToPath(new URL('../../dist/local/main.js', import.meta.url));

interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  readonly stdout: () => string;
  readonly stderr: () => string;
}

interface Ready extends Started {
  readonly endpoint: string;
  readonly directory: string;
  readonly accessKey: AccessKey;
  readonly config: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
}

function start(...args: readonly string[]): Started {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  afterThisTest(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return { child, ended, stdout: () => stdout, stderr: () => stderr };
}

async function startReady(...args: readonly string[]): Promise<Ready> {
  const started = start(...args);
  const line = await eventually(() => (started.stdout().endsWith('\n') ? started.stdout() : undefined), {
    what: 'the line that says that the local cloud is ready',
  });
  const { endpoint, region, accessKeyId, secretAccessKey, directory } = JSON.parse(line) as Record<string, string>;
  return {
    ...started,
    endpoint: endpoint ?? '',
    directory: directory ?? '',
    accessKey: { accessKeyId: accessKeyId ?? '', secretAccessKey: secretAccessKey ?? '' },
    config: {
      endpoint: endpoint ?? '',
      region: region ?? '',
      credentials: { accessKeyId: accessKeyId ?? '', secretAccessKey: secretAccessKey ?? '' },
    },
  };
}

function use<Client extends { destroy(): void }>(client: Client): Client {
  afterThisTest(() => client.destroy());
  return client;
}

/** Starts instances whose processes write their pids to a place that outlives them; resolves with the pids. */
async function launch({ config }: Ready, count: number): Promise<readonly number[]> {
  const marks = temporaryDirectory();
  const ec2 = use(new EC2Client(config));
  // One child has its own group, session, directory and environment, so it is the hardest to find again.
  const userData = `#!/bin/sh
    env -i setsid sh -c 'cd /; echo $$ > ${marks}/slot-'$$'; exec /bin/sleep 1000' &
    echo $$ > ${marks}/leader-$$; while :; do sleep 1; done`;
  const { LaunchTemplate } = await ec2.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName: 'worker',
      LaunchTemplateData: { ImageId: 'ami-1', InstanceType: 'c7g.large', UserData: base64(userData) },
    }),
  );
  await ec2.send(
    new CreateFleetCommand({
      LaunchTemplateConfigs: [
        { LaunchTemplateSpecification: { LaunchTemplateId: LaunchTemplate?.LaunchTemplateId, Version: '1' } },
      ],
      TargetCapacitySpecification: { TotalTargetCapacity: count, DefaultTargetCapacityType: 'spot' },
    }),
  );
  return eventually(() => {
    const pids = readdirSync(marks).map((name) => Number(readFileSync(path.join(marks, name), 'utf8')));
    return pids.length === 2 * count && pids.every((pid) => pid > 0) ? pids : undefined;
  });
}

test('it prints one line when it is ready, and serves SQS, S3 and EC2 behind one endpoint', async () => {
  const cloud = await startReady();
  expect(JSON.parse(cloud.stdout())).toEqual({
    endpoint: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) as string,
    region: 'us-east-1',
    accessKeyId: expect.any(String) as string,
    secretAccessKey: expect.any(String) as string,
    pid: cloud.child.pid,
    directory: expect.any(String) as string,
    start: 1,
  });
  const s3 = use(new S3Client({ ...cloud.config, forcePathStyle: true }));
  await s3.send(new CreateBucketCommand({ Bucket: 'results' }));
  expect((await s3.send(new ListBucketsCommand({}))).Buckets?.map((bucket) => bucket.Name)).toEqual(['results']);
  const sqs = use(new SQSClient(cloud.config));
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'batches' }));
  expect(QueueUrl).toContain(cloud.endpoint);
  const { Regions } = await use(new EC2Client(cloud.config)).send(new DescribeRegionsCommand({}));
  expect(Regions?.[0]?.RegionName).toBe('us-east-1');
  expect(cloud.stdout().split('\n')).toHaveLength(2);
});

test('it gives each start of a data directory the next number, also after a kill, and refuses one that is in use', async () => {
  const data = path.join(temporaryDirectory(), 'data');
  const startOf = ({ stdout }: Started): unknown => (JSON.parse(stdout()) as { readonly start?: unknown }).start;
  const first = await startReady('--data', data);
  await use(new S3Client({ ...first.config, forcePathStyle: true })).send(
    new CreateBucketCommand({ Bucket: 'results' }),
  );
  const refused = start('--data', data);
  expect(await refused.ended).toBe(3);
  expect(refused.stderr()).toContain(
    `Another local cloud (process ${first.child.pid}) uses the data directory ${data}.`,
  );
  first.child.kill('SIGKILL');
  await first.ended;

  const second = await startReady('--data', data);
  expect([startOf(first), startOf(second)]).toEqual([1, 2]);
  const { Buckets } = await use(new S3Client({ ...second.config, forcePathStyle: true })).send(
    new ListBucketsCommand({}),
  );
  expect(Buckets?.map((bucket) => bucket.Name)).toEqual(['results']);
});

test.each([
  ['SIGTERM', ({ child }: Ready) => void child.kill('SIGTERM')],
  ['SIGINT', ({ child }: Ready) => void child.kill('SIGINT')],
  ['the end of its standard input', ({ child }: Ready) => child.stdin?.end()],
  ['a shutdown over HTTP', (cloud: Ready) => admin(cloud, 'POST', 'shutdown')],
])('%s ends it and all its instances, frees its port and removes its directory', async (_, end) => {
  const cloud = await startReady('--end-with-stdin');
  const pids = await launch(cloud, 2);
  expect(pids.filter(isAlive)).toHaveLength(4);
  await end(cloud);
  expect(await cloud.ended).toBe(0);
  expect(pids.filter(isAlive)).toEqual([]);
  expect(existsSync(cloud.directory)).toBe(false);
  await expect(fetch(cloud.endpoint)).rejects.toThrow();
  expect(cloud.stderr()).toBe('');
});

test('its watchdog ends its instances and removes its directory when it is killed', async () => {
  const cloud = await startReady();
  const pids = await launch(cloud, 2);
  cloud.child.kill('SIGKILL');
  await cloud.ended;
  await eventually(() => !pids.some(isAlive), { what: 'the end of the instances' });
  await eventually(() => !existsSync(cloud.directory), { what: 'the removal of the directory' });
});

test('without --end-with-stdin it ignores the end of its standard input', async () => {
  const cloud = await startReady();
  cloud.child.stdin?.end();
  for (let look = 0; look < 3; look += 1) expect((await admin(cloud, 'GET', 'state')).status).toBe(200);
});

test('misuse prints an explanation to standard error and exits with code 2', async () => {
  const occupied = temporaryDirectory();
  writeFileSync(path.join(occupied, 'precious'), '');
  for (const args of [['--nonsense'], ['--time-scale', '0'], ['--directory', occupied]]) {
    const { ended, stdout, stderr } = start(...args);
    expect(await ended).toBe(2);
    expect(stdout()).toBe('');
    expect(stderr().trim().split('\n')).toHaveLength(1);
    expect(stderr()).toContain(args[0]);
  }
});

test('a port in use is reported', async () => {
  const cloud = await startReady();
  const port = new URL(cloud.endpoint).port;
  const second = start('--port', port);
  expect(await second.ended).toBe(2);
  expect(second.stderr()).toContain(`Port ${port} is in use. Choose another --port`);
});

test("a given directory keeps its instances' consoles and can be used again", async () => {
  const directory = path.join(temporaryDirectory(), 'cloud');
  mkdirSync(directory);
  const cloud = await startReady('--directory', directory);
  await launch(cloud, 1);
  cloud.child.kill('SIGTERM');
  expect(await cloud.ended).toBe(0);
  expect(readdirSync(directory)).toEqual(['consoles']);
  expect(readdirSync(path.join(directory, 'consoles'))).toHaveLength(1);
  await startReady('--directory', directory);
});

test('replies of a service are delayed by its latency', async () => {
  const cloud = await startReady('--latency', 's3=300');
  const s3 = use(new S3Client({ ...cloud.config, forcePathStyle: true }));
  const startedAt = performance.now();
  await s3.send(new ListBucketsCommand({}));
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(295);
});
