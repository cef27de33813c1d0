import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { S3Client } from '@aws-sdk/client-s3';
import { afterEach, expect, test, vi } from 'vitest';
import { type MetadataServer, startMetadataServer } from '../../../local/imds/metadata-server.js';
import { Credentials } from '../../../local/http/credentials.js';
import type { InstanceView, LaunchSpec } from '../../../local/instances/instance.js';
import { afterThisTest } from '../ec2/support.js';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

const spec: LaunchSpec = {
  instanceType: 'c7g.large',
  zone: 'us-east-1b',
  imageId: 'ami-1',
  userData: Buffer.from('#!/bin/sh\ntrue'),
  tags: {},
  instanceProfile: 'arn:aws:iam::000000000000:instance-profile/worker-role',
  metadataTags: true,
  metadataIsOff: false,
  fleetId: 'fleet-1',
};

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

function instance(more: Partial<LaunchSpec> = {}): Mutable<InstanceView> {
  return {
    id: 'i-0123456789abcdef0',
    sequence: 1,
    spec: { ...spec, ...more },
    tags: new Map([
      ['team', 'chemistry'],
      ['aws:ec2:fleet-id', 'fleet-1'],
    ]),
    spotRequestId: 'sir-1',
    directory: '/nowhere',
    launchedAtMs: Date.parse('2026-03-01T10:00:00.500Z'),
    state: 'running',
    stateReason: undefined,
    terminatedAtMs: undefined,
    takenAtMs: undefined,
    rebalanceAtMs: undefined,
    roleKey: new Credentials().issue('temporary'),
    metadataEndpoint: undefined,
    pid: undefined,
  };
}

async function start(view: InstanceView = instance()): Promise<MetadataServer> {
  const server = await startMetadataServer({ instance: view, region: 'us-east-1' });
  afterThisTest(() => server.close());
  return server;
}

const askToken = (server: MetadataServer, ttl?: string): Promise<Response> =>
  fetch(`${server.endpoint}/latest/api/token`, {
    method: 'PUT',
    headers: ttl === undefined ? {} : { 'X-aws-ec2-metadata-token-ttl-seconds': ttl },
  });

async function get(server: MetadataServer, path: string, token?: string): Promise<{ status: number; text: string }> {
  const valid = token ?? (await (await askToken(server, '60')).text());
  const response = await fetch(`${server.endpoint}/latest/${path}`, { headers: { 'X-aws-ec2-metadata-token': valid } });
  return { status: response.status, text: await response.text() };
}

test('an instance reads its own identity', async () => {
  const server = await start();
  const text = async (path: string): Promise<string> => (await get(server, path)).text;
  expect(await text('meta-data/instance-id')).toBe('i-0123456789abcdef0');
  expect(await text('meta-data/instance-type')).toBe('c7g.large');
  expect(await text('meta-data/ami-id')).toBe('ami-1');
  expect(await text('meta-data/placement/availability-zone')).toBe('us-east-1b');
  expect(await text('meta-data/placement/region')).toBe('us-east-1');
  expect(await text('user-data')).toBe('#!/bin/sh\ntrue');
  expect(JSON.parse(await text('dynamic/instance-identity/document'))).toMatchObject({
    instanceId: 'i-0123456789abcdef0',
    instanceType: 'c7g.large',
    availabilityZone: 'us-east-1b',
    region: 'us-east-1',
    architecture: 'arm64',
  });
});

test('missing documents are a 404, including the notices of an instance without a notice', async () => {
  const server = await start();
  for (const path of [
    'meta-data/spot/instance-action',
    'meta-data/spot/termination-time',
    'meta-data/events/recommendations/rebalance',
    'meta-data/no/such/thing',
    'constructor',
    'meta-data/spot',
    'meta-data/events/recommendations/',
  ]) {
    expect((await get(server, path)).status, path).toBe(404);
  }
});

test('notices appear immediately, with times in whole seconds', async () => {
  const view = instance();
  const server = await start(view);
  view.takenAtMs = Date.parse('2026-03-01T10:02:00.900Z');
  view.rebalanceAtMs = Date.parse('2026-03-01T10:00:00Z');
  expect(JSON.parse((await get(server, 'meta-data/spot/instance-action')).text)).toEqual({
    action: 'terminate',
    time: '2026-03-01T10:02:00Z',
  });
  expect((await get(server, 'meta-data/spot/termination-time')).text).toBe('2026-03-01T10:02:00Z');
  expect(JSON.parse((await get(server, 'meta-data/events/recommendations/rebalance')).text)).toEqual({
    noticeTime: '2026-03-01T10:00:00Z',
  });
});

test('a token lives from one second to six hours', async () => {
  const server = await start();
  expect((await askToken(server)).status).toBe(400);
  for (const ttl of ['0', '21601', '-1', 'x', '']) expect((await askToken(server, ttl)).status, ttl).toBe(400);
  for (const ttl of ['1', '21600']) {
    const response = await askToken(server, ttl);
    expect(response.status).toBe(200);
    expect(response.headers.get('x-aws-ec2-metadata-token-ttl-seconds')).toBe(ttl);
  }
  expect((await fetch(`${server.endpoint}/latest/api/token`)).status).toBe(405);
});

test('requests without a token, with a foreign one, or with an expired one are refused', async () => {
  const server = await start();
  const other = await start();
  expect((await fetch(`${server.endpoint}/latest/meta-data/instance-id`)).status).toBe(401);
  const foreign = await (await askToken(other, '60')).text();
  const token = await (await askToken(server, '60')).text();
  for (const wrong of ['nonsense', '', foreign, `z${token}`, token.slice(0, -4)]) {
    expect((await get(server, 'meta-data/instance-id', wrong)).status).toBe(401);
  }
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 59_000 });
  expect((await get(server, 'meta-data/instance-id', token)).status).toBe(200);
  vi.setSystemTime(Date.now() + 2_000);
  expect((await get(server, 'meta-data/instance-id', token)).status).toBe(401);
});

test('a double slash, as some SDKs send it, is accepted', async () => {
  const server = await start();
  const token = await (await askToken(server, '60')).text();
  const response = await fetch(`${server.endpoint}//latest/meta-data/instance-id`, {
    headers: { 'X-aws-ec2-metadata-token': token },
  });
  expect(await response.text()).toBe('i-0123456789abcdef0');
});

test('tags are shown only if the launch template lets them', async () => {
  const shown = await start();
  expect((await get(shown, 'meta-data/tags/instance/')).text).toBe('team');
  expect((await get(shown, 'meta-data/tags/instance/t%65am')).text).toBe('chemistry');
  expect((await get(shown, 'meta-data/tags/instance/other')).status).toBe(404);
  const hidden = await start(instance({ metadataTags: false }));
  expect((await get(hidden, 'meta-data/tags/instance/team')).status).toBe(404);
});

/** Returns the credentials that a client finds if the test gives it none. */
async function credentialsOfDefaultChain(server: MetadataServer) {
  vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
  vi.stubEnv('AWS_PROFILE', undefined);
  for (const file of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE']) vi.stubEnv(file, '/dev/null');
  for (const [name, value] of Object.entries(server.environment)) vi.stubEnv(name, value);
  const client = new S3Client({ region: 'us-east-1' });
  afterThisTest(() => client.destroy());
  return client.config.credentials();
}

test('requests without the secret of the address are refused, even with a valid token', async () => {
  const server = await start();
  const { origin, pathname } = new URL(server.endpoint);
  const token = await (await askToken(server, '60')).text();
  const statusOf = async (path: string, init: RequestInit = {}): Promise<number> =>
    (await fetch(`${origin}${path}`, { headers: { 'X-aws-ec2-metadata-token': token }, ...init })).status;
  const ttl = { 'X-aws-ec2-metadata-token-ttl-seconds': '60' };
  const wrong = ['', '/', '/0', pathname.slice(0, -1), `${pathname}0`, pathname.toUpperCase().replace(/[A-F]/, 'G')];
  for (const prefix of wrong) {
    expect(await statusOf(`${prefix}/latest/api/token`, { method: 'PUT', headers: ttl }), prefix).toBe(403);
    for (const path of ['iam/security-credentials/worker-role', 'instance-id']) {
      expect(await statusOf(`${prefix}/latest/meta-data/${path}`), prefix).toBe(403);
    }
    for (const path of ['/latest/user-data', '/role-credentials', '/']) {
      expect(await statusOf(`${prefix}${path}`), prefix).toBe(403);
    }
  }
  expect(await statusOf(`${pathname}/latest/meta-data/instance-id`)).toBe(200);
});

test('the instance’s environment leads to its metadata, and to its role’s keys if it has a role', async () => {
  const server = await start();
  expect(server.environment).toEqual({
    AWS_EC2_METADATA_SERVICE_ENDPOINT: server.endpoint,
    AWS_CONTAINER_CREDENTIALS_FULL_URI: expect.stringContaining(server.endpoint) as string,
  });
  for (const without of [{ ...instance(), roleKey: undefined }, instance({ metadataIsOff: true })]) {
    expect(Object.keys((await start(without)).environment)).toEqual(['AWS_EC2_METADATA_SERVICE_ENDPOINT']);
  }
});

test('the SDK’s own default chain finds the credentials of the role', async () => {
  const server = await start();
  expect((await get(server, 'meta-data/iam/security-credentials/')).text).toBe('worker-role');
  const credentials = await credentialsOfDefaultChain(server);
  expect(credentials.accessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/);
  expect(credentials.secretAccessKey).toHaveLength(40);
  expect(credentials.sessionToken).toBeTruthy();
  expect(credentials.expiration?.getTime()).toBeGreaterThan(Date.now() + 3_600_000);
});

test('the SDK accepts the permanent keys of a host, without a token', async () => {
  const server = await start({ ...instance(), roleKey: { accessKeyId: 'test', secretAccessKey: 'secret' } });
  const credentials = await credentialsOfDefaultChain(server);
  expect(credentials).toMatchObject({ accessKeyId: 'test', secretAccessKey: 'secret', sessionToken: '' });
});

test('a zone that the local cloud lacks has no id', async () => {
  const server = await start(instance({ zone: 'eu-west-1a' }));
  expect((await get(server, 'meta-data/placement/availability-zone-id')).status).toBe(404);
});

test('without an instance profile there are no credentials, as on AWS', async () => {
  const server = await start({ ...instance(), roleKey: undefined, spec: { ...spec, instanceProfile: undefined } });
  expect((await get(server, 'meta-data/iam/security-credentials/')).status).toBe(404);
  expect((await get(server, 'meta-data/iam/info')).status).toBe(404);
  expect((await get(server, 'meta-data')).text.split('\n')).not.toContain('iam/');
});

test('directories list their current entries, with and without a slash at the end', async () => {
  const view = instance();
  const server = await start(view);
  for (const slash of ['', '/']) {
    expect((await get(server, slash)).text).toBe('dynamic\nmeta-data\nuser-data');
    expect((await get(server, `meta-data/placement${slash}`)).text).toBe(
      'availability-zone\navailability-zone-id\nregion',
    );
    expect((await get(server, `meta-data/iam${slash}`)).text).toBe('info\nsecurity-credentials/');
    expect((await get(server, `meta-data/placement/availability-zone${slash}`)).text).toBe('us-east-1b');
  }
  expect((await get(server, 'meta-data/')).text.split('\n')).not.toContain('spot/');
  view.takenAtMs = Date.now();
  expect((await get(server, 'meta-data/')).text.split('\n')).toContain('spot/');
  expect((await get(server, 'meta-data/spot')).text).toBe('instance-action\ntermination-time');
});

test('dated versions have the same documents, unknown ones none', async () => {
  const server = await start();
  const token = await (await askToken(server, '60')).text();
  const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${server.endpoint}${path}`, { headers: { 'X-aws-ec2-metadata-token': token }, ...init });
  expect(await (await ask('/')).text()).toMatch(/^2016-09-02\n.*latest$/s);
  expect(await (await ask('/2021-03-23/meta-data/instance-id')).text()).toBe('i-0123456789abcdef0');
  expect((await ask('/1999-01-01/meta-data/instance-id')).status).toBe(404);
  expect((await ask('/latest/meta-data/instance-id', { method: 'POST' })).status).toBe(405);
});

test('a token is refused to proxies, to web pages, and for a dated version', async () => {
  const server = await start();
  const ask = async (path: string, headers: Record<string, string> = {}): Promise<number> => {
    const ttl = { 'X-aws-ec2-metadata-token-ttl-seconds': '60' };
    const response = await fetch(`${server.endpoint}${path}`, { method: 'PUT', headers: { ...ttl, ...headers } });
    return response.status;
  };
  expect(await ask('/latest/api/token')).toBe(200);
  expect(await ask('/latest/api/token', { 'X-Forwarded-For': '10.0.0.1' })).toBe(403);
  expect(await ask('/latest/api/token', { Origin: 'http://page.example' })).toBe(403);
  expect(await ask('/2021-03-23/api/token')).toBe(403);
});

test('user data is returned byte by byte, and is a 404 when there is none', async () => {
  const bytes = Buffer.from([0x1f, 0x8b, 0xff, 0x00, 0x80]);
  const server = await start(instance({ userData: bytes }));
  const token = await (await askToken(server, '60')).text();
  const response = await fetch(`${server.endpoint}/latest/user-data`, {
    headers: { 'X-aws-ec2-metadata-token': token },
  });
  expect(Buffer.from(await response.arrayBuffer())).toEqual(bytes);
  expect((await get(await start(instance({ userData: Buffer.alloc(0) })), 'user-data')).status).toBe(404);
});

const python = 'python3';
const hasBotocore = spawnSync(python, ['-c', 'import botocore']).status === 0;

test.skipIf(!hasBotocore)('botocore’s own providers find credentials and region', async () => {
  const view = instance();
  const server = await start(view);
  const script = `import botocore.utils as u, json
config = {'ec2_metadata_service_endpoint': '${server.endpoint}/'}
found = u.InstanceMetadataFetcher(timeout=5, num_attempts=1, config=config).retrieve_iam_role_credentials()
region = u.InstanceMetadataRegionFetcher(timeout=5, num_attempts=1, config=config).retrieve_region()
print(json.dumps([found['role_name'], found['access_key'], found['secret_key'], found['token'], region]))`;
  const { stdout } = await promisify(execFile)(python, ['-c', script]);
  const { accessKeyId, secretAccessKey, sessionToken } = view.roleKey!;
  expect(JSON.parse(stdout)).toEqual(['worker-role', accessKeyId, secretAccessKey, sessionToken, 'us-east-1']);
});

test('metadata that the template turns off refuses every request, even for a token', async () => {
  const server = await start(instance({ metadataIsOff: true }));
  expect((await askToken(server, '60')).status).toBe(403);
  expect((await fetch(`${server.endpoint}/latest/meta-data/instance-id`)).status).toBe(403);
});
