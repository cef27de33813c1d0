import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chooseStack } from '../../../runner/cli/stack-choice.js';
import { UserError } from '../../../runner/errors.js';
import { writeLocalState } from '../../../runner/local-cloud/state-file.js';

const outputs = {
  QueueUrl: 'https://sqs.eu-west-1.amazonaws.com/123456789012/q',
  DeadLetterQueueUrl: 'https://sqs.eu-west-1.amazonaws.com/123456789012/d',
  Bucket: 'b',
  FleetId: 'fleet-1',
  MaxWorkers: '20',
};
const environment = {
  SPOTPOOL_QUEUE_URL: 'http://127.0.0.1:1/000000000000/q',
  SPOTPOOL_DEAD_LETTER_QUEUE_URL: 'http://127.0.0.1:1/000000000000/d',
  SPOTPOOL_BUCKET: 'env-bucket',
  SPOTPOOL_FLEET_ID: 'sfr-1',
  AWS_REGION: 'us-east-1',
};

let directory: string;
let surroundings: { env: Record<string, string>; cwd: string };

beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'spotpool-test-'));
  surroundings = { env: { SPOTPOOL_HOME: path.join(directory, 'home') }, cwd: directory };
});
afterEach(() => rm(directory, { recursive: true }));

const write = (name: string, value: unknown): Promise<void> =>
  writeFile(path.join(directory, name), typeof value === 'string' ? value : JSON.stringify(value));

async function withListener<T>(use: (endpoint: string) => Promise<T>): Promise<T> {
  const server = net.createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await use(`http://127.0.0.1:${(server.address() as net.AddressInfo).port}`);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

const localState = (endpoint: string, pid: number) => ({
  name: 'local',
  region: 'us-east-1',
  queueUrl: `${endpoint}/q`,
  deadLetterQueueUrl: `${endpoint}/d`,
  bucket: 'local-bucket',
  fleetId: 'fleet-local',
  maxWorkers: 4,
  endpoint,
  credentials: { accessKeyId: 'a', secretAccessKey: 's' },
  pid,
  startedAt: '2026-01-01T00:00:00.000Z',
  log: '/dev/null',
});

describe('the choice of a stack', () => {
  it('reads cdk-outputs.json of the working directory, the region from the queue', async () => {
    await write('cdk-outputs.json', { Pool: outputs, Other: { Url: 'x' } });
    const { config } = await chooseStack({}, surroundings);
    expect(config).toEqual({
      name: 'Pool',
      region: 'eu-west-1',
      queueUrl: outputs.QueueUrl,
      deadLetterQueueUrl: outputs.DeadLetterQueueUrl,
      bucket: 'b',
      fleetId: 'fleet-1',
      maxWorkers: 20,
    });
  });

  it('takes --stack with what local up --json prints, credentials included', async () => {
    const { credentials, ...state } = localState('http://127.0.0.1:9', 1);
    await write('local.json', { ...state, ...credentials });
    const { config } = await chooseStack({ stack: 'local.json' }, surroundings);
    expect(config).toMatchObject({ bucket: 'local-bucket', endpoint: 'http://127.0.0.1:9', credentials });
  });

  it('takes --stack with a configuration as it is kept, credentials together', async () => {
    await write('kept.json', localState('http://127.0.0.1:9', 1));
    const { config } = await chooseStack({ stack: 'kept.json' }, surroundings);
    expect(config.credentials).toEqual({ accessKeyId: 'a', secretAccessKey: 's' });
    expect(config).not.toHaveProperty('installedWorker');
    await write('installed.json', { ...localState('http://127.0.0.1:9', 1), installedWorker: true });
    expect((await chooseStack({ stack: 'installed.json' }, surroundings)).config.installedWorker).toBe(true);
  });

  it('knows the schedule of the switch from outputs, a kept configuration and the environment', async () => {
    const scheduler = { roleArn: 'arn:aws:iam::123456789012:role/switch', groupName: 'pool' };
    const named = { SchedulerRoleArn: scheduler.roleArn, SchedulerGroup: scheduler.groupName };
    await write('outputs.json', { Pool: { ...outputs, ...named } });
    await write('kept.json', { ...localState('http://127.0.0.1:9', 1), scheduler });
    expect((await chooseStack({ stack: 'outputs.json' }, surroundings)).config.scheduler).toEqual(scheduler);
    expect((await chooseStack({ stack: 'kept.json' }, surroundings)).config.scheduler).toEqual(scheduler);
    Object.assign(surroundings.env, environment, { SPOTPOOL_SCHEDULER_ROLE_ARN: scheduler.roleArn });
    expect((await chooseStack({}, surroundings)).config.scheduler).toEqual({ ...scheduler, groupName: 'default' });
  });

  it('knows of a stack of its own, of its processors and of its isolation, when it says so', async () => {
    const stackId = 'arn:aws:cloudformation:eu-west-1:123456789012:stack/Pool/1';
    await write('a.json', { Pool: { ...outputs, StackId: stackId, Architecture: 'arm64', Isolated: 'true' } });
    await write('b.json', { Pool: { ...outputs, Architecture: 'sparc', Isolated: 'false' } });
    const { config } = await chooseStack({ stack: 'a.json' }, surroundings);
    expect(config).toMatchObject({ stackId, architecture: 'arm64', isolated: true });
    const other = (await chooseStack({ stack: 'b.json' }, surroundings)).config;
    expect([other.stackId, other.architecture, other.isolated]).toEqual([undefined, undefined, undefined]);
  });

  it('prefers the environment to a file that lies about, and --stack to both', async () => {
    await write('cdk-outputs.json', { Pool: outputs });
    await write('mine.json', { Mine: { ...outputs, Bucket: 'mine' } });
    Object.assign(surroundings.env, environment);
    expect((await chooseStack({}, surroundings)).config.bucket).toBe('env-bucket');
    expect((await chooseStack({ stack: 'mine.json' }, surroundings)).config.bucket).toBe('mine');
  });

  it('takes the endpoint that the SDKs and the CDK would, so that no client follows a queue URL elsewhere', async () => {
    const chosen = async (env: Record<string, string>, fields: object = {}) => {
      await write('cdk-outputs.json', { Pool: { ...outputs, ...fields } });
      return (await chooseStack({}, { ...surroundings, env })).config.endpoint;
    };
    const given = { AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' };
    expect(await chosen(given)).toBe('http://127.0.0.1:4566');
    expect(await chosen({ ...given, SPOTPOOL_ENDPOINT: 'http://127.0.0.1:2' })).toBe('http://127.0.0.1:2');
    expect(await chosen(given, { endpoint: 'http://127.0.0.1:3' })).toBe('http://127.0.0.1:3');
    expect(await chosen({ ...given, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' })).toBeUndefined();
  });

  it('asks for a name when a file holds several stacks', async () => {
    await write('cdk-outputs.json', { A: outputs, B: { ...outputs, Bucket: 'b2' } });
    await expect(chooseStack({}, surroundings)).rejects.toThrow('A, B');
    surroundings.env['SPOTPOOL_STACK'] = 'B';
    expect((await chooseStack({}, surroundings)).config).toMatchObject({ name: 'B', bucket: 'b2' });
    surroundings.env['SPOTPOOL_STACK'] = 'C';
    await expect(chooseStack({}, surroundings)).rejects.toThrow('no stack C');
  });

  it('names what a stack lacks, as output and as variable', async () => {
    Object.assign(surroundings.env, environment, { SPOTPOOL_FLEET_ID: '' });
    await expect(chooseStack({}, surroundings)).rejects.toThrow('FleetId (SPOTPOOL_FLEET_ID)');
  });

  it.each([
    ['nonsense', 'not JSON'],
    ['{"A":{"Url":"x"}}', 'no spotpool stack'],
  ])('refuses a file with %s', async (text, message) => {
    await write('x.json', text);
    await expect(chooseStack({ stack: 'x.json' }, surroundings)).rejects.toThrow(message);
  });

  it('names every way when there is none', async () => {
    const failure = chooseStack({}, surroundings);
    await expect(failure).rejects.toBeInstanceOf(UserError);
    for (const way of ['--local', '--stack', 'cdk-outputs.json', 'SPOTPOOL_QUEUE_URL', 'spotpool local up']) {
      await expect(failure).rejects.toThrow(way);
    }
  });

  it('uses the local cloud that is up, and mentions it when --local was forgotten', async () => {
    await expect(chooseStack({ local: true }, surroundings)).rejects.toThrow('spotpool local up');
    await withListener(async (endpoint) => {
      await writeLocalState(surroundings.env['SPOTPOOL_HOME'] ?? '', localState(endpoint, process.pid));
      expect((await chooseStack({ local: true }, surroundings)).config.bucket).toBe('local-bucket');
      await expect(chooseStack({}, surroundings)).rejects.toThrow('the local cloud that is up now');
    });
  });

  it('refuses --local together with --stack', async () => {
    await expect(chooseStack({ local: true, stack: 'x' }, surroundings)).rejects.toThrow('exclude each other');
  });
});
