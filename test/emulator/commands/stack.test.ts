import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { emulatorCommands } from '../../../emulator/commands/emulator.js';
import type { EmulatorStacks } from '../../../emulator/emulator.js';
import { runCommandLine } from '../../../runner/cli/program.js';
import { FakeStack } from '../../support/fake-stack.js';

const OUTPUTS = {
  Pool: {
    Name: 'pool',
    Region: 'eu-west-1',
    QueueUrl: 'http://q/pool',
    DeadLetterQueueUrl: 'http://q/dead',
    Bucket: 'pool-results',
    FleetId: 'unknown',
    MaxWorkers: '4',
    MaxLifeSeconds: '7200',
    Architecture: 'arm64',
    SchedulerGroup: 'group',
    SchedulerRoleArn: 'arn:role',
  },
};

let directory: string;
let stack: FakeStack;
let calls: unknown[];
let env: NodeJS.ProcessEnv;

beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'spotpool-test-'));
  stack = new FakeStack();
  stack.cwd = directory;
  calls = [];
  env = { SPOTPOOL_HOME: directory };
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const stacks: EmulatorStacks = {
  createFleet: async (...args) => (calls.push(args.slice(0, 2)), 'sfr-1'),
  createStack: async (address, request) => {
    calls.push([address, request]);
    return { ...stack.config, name: request.name, fleetId: 'sfr-2', maxWorkers: request.maxWorkers };
  },
  deleteFleet: async (...args) => (calls.push(args.slice(0, 2)), { fleetId: 'sfr-1', ended: ['i-1'] }),
  deleteStack: async (...args) => (calls.push(args.slice(0, 2)), { fleetId: undefined, ended: [] }),
};

const noHost = (): Promise<never> => Promise.reject(new Error('There is no host in this test.'));

const runWith = (emulator: EmulatorStacks, ...argv: readonly string[]): Promise<number> =>
  runCommandLine(argv, { ...stack.context(), env }, [emulatorCommands({ stacks: emulator, openHost: noHost })]);
const run = (...argv: readonly string[]): Promise<number> => runWith(stacks, ...argv);

const outputs = async (name = 'cdk-outputs.json'): Promise<Record<string, Record<string, string>>> =>
  JSON.parse(await readFile(path.join(directory, name), 'utf8')) as Record<string, Record<string, string>>;
const deployed = (content: unknown = OUTPUTS): Promise<void> =>
  writeFile(path.join(directory, 'cdk-outputs.json'), JSON.stringify(content));

describe('emulator fleet create', () => {
  it('makes a fleet for the deployed queue and bucket, and completes the outputs', async () => {
    await deployed({ Other: { Topic: 't' }, ...OUTPUTS });
    expect(
      await run('emulator', 'fleet', 'create', '--endpoint', 'http://127.0.0.1:4566', '--lease-seconds', '9'),
    ).toBe(0);
    expect(calls).toEqual([
      [
        {
          endpoint: 'http://127.0.0.1:4566',
          region: 'eu-west-1',
          credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
        },
        {
          name: 'pool',
          queueUrl: 'http://q/pool',
          bucket: 'pool-results',
          worker: { SPOTPOOL_SHARED_BY: '4', SPOTPOOL_MAX_LIFE_SECONDS: '7200', SPOTPOOL_LEASE_SECONDS: '9' },
        },
      ],
    ]);
    const { Other, Pool } = await outputs();
    expect(Other).toEqual({ Topic: 't' });
    expect(Pool).toEqual({
      ...OUTPUTS.Pool,
      FleetId: 'sfr-1',
      Endpoint: 'http://127.0.0.1:4566',
      InstalledWorker: 'true',
      Architecture: process.arch === 'arm64' ? 'arm64' : 'x86_64',
      AccessKeyId: 'test',
      SecretAccessKey: 'test',
    });
  });

  it('does not write the user’s credentials to the outputs', async () => {
    await deployed();
    env = {
      ...env,
      AWS_ACCESS_KEY_ID: 'mine',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_ENDPOINT_URL: 'http://localhost:1',
    };
    expect(await run('emulator', 'fleet', 'create')).toBe(0);
    expect(calls[0]).toMatchObject([{ endpoint: 'http://localhost:1', credentials: { accessKeyId: 'mine' } }, {}]);
    expect(JSON.stringify(await outputs())).not.toContain('mine');
  });

  it('completes outputs without a stack’s name above them', async () => {
    await deployed({ queueUrl: 'http://q/pool', bucket: 'b', fleetId: 'unknown', region: 'us-east-1' });
    expect(await run('emulator', 'fleet', 'create', '--endpoint', 'http://127.0.0.1:1', '--json')).toBe(0);
    expect(await outputs()).toMatchObject({ queueUrl: 'http://q/pool', FleetId: 'sfr-1' });
    expect(await outputs()).not.toHaveProperty('fleetId');
    expect(JSON.parse(stack.terminal.stdout)).toMatchObject({ stack: 'spotpool', fleetId: 'sfr-1' });
  });

  it('names the endpoint where no emulator answers', async () => {
    await deployed();
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });
    const silent: EmulatorStacks = { ...stacks, createFleet: () => Promise.reject<string>(refused) };
    expect(await runWith(silent, 'emulator', 'fleet', 'create', '--endpoint', 'http://127.0.0.1:1')).toBe(2);
    expect(stack.terminal.stderr).toContain('No emulator answers at http://127.0.0.1:1');
  });

  it('refuses to run without outputs or an endpoint, and says which is missing', async () => {
    expect(await run('emulator', 'fleet', 'create', '--endpoint', 'http://127.0.0.1:1')).toBe(2);
    expect(stack.terminal.stderr).toContain('spotpool emulator stack create');
    await deployed();
    expect(await run('emulator', 'fleet', 'create')).toBe(2);
    expect(stack.terminal.stderr).toContain('--endpoint http://127.0.0.1:4566');
    expect(await run('emulator', 'fleet', 'create', '--endpoint', 'localhost')).toBe(2);
    expect(calls).toEqual([]);
  });
});

it('a command on a deployed stack whose emulator made no fleet names the command that makes one', async () => {
  await deployed();
  expect(await run('fleet')).toBe(2);
  expect(stack.terminal.stderr).toContain('spotpool emulator fleet create');
});

it('emulator fleet delete prints what ended, and removes the fleet from the outputs', async () => {
  await deployed();
  expect(await run('emulator', 'fleet', 'delete', '--endpoint', 'http://127.0.0.1:1')).toBe(0);
  expect(calls[0]).toMatchObject([{}, { name: 'pool', scheduler: { roleArn: 'arn:role', groupName: 'group' } }]);
  expect(stack.terminal.stdout).toContain('Its id was sfr-1; 1 instance ended with it.');
  expect((await outputs())['Pool']?.['FleetId']).toBe('unknown');
});

describe('emulator stack', () => {
  it('create writes outputs as a deploy does, and finds the same stack when it runs again', async () => {
    const args = ['--endpoint', 'http://127.0.0.1:5000', '--name', 'mine', '--max-workers', '3'];
    expect(await run('emulator', 'stack', 'create', ...args)).toBe(0);
    expect(calls[0]).toMatchObject([
      { endpoint: 'http://127.0.0.1:5000' },
      { name: 'mine', maxWorkers: 3, worker: { SPOTPOOL_SHARED_BY: '3' } },
    ]);
    const written = await outputs();
    expect(written['mine']).toMatchObject({
      Name: 'mine',
      FleetId: 'sfr-2',
      MaxWorkers: '3',
      SchedulerGroup: 'default',
    });
    // The endpoint is in the outputs now.
    expect(await run('emulator', 'stack', 'create', '--name', 'mine', '--max-workers', '3')).toBe(0);
    expect(await outputs()).toEqual(written);
  });

  it('create refuses a name that a bucket or queue cannot have, before it makes anything', async () => {
    const at = ['--endpoint', 'http://127.0.0.1:5000'];
    for (const name of ['Pool', 'a_b', '-a', 'a-', '', 'x'.repeat(56)]) {
      expect(await run('emulator', 'stack', 'create', '--name', name, ...at)).toBe(2);
    }
    expect(calls).toEqual([]);
  });

  it('create ignores a slash at the end of the endpoint', async () => {
    await run('emulator', 'stack', 'create', '--endpoint', 'http://127.0.0.1:5000/');
    expect(calls).toMatchObject([[{ endpoint: 'http://127.0.0.1:5000' }, {}]]);
  });

  it('create leaves the outputs of another stack alone', async () => {
    await deployed();
    expect(await run('emulator', 'stack', 'create', '--endpoint', 'http://127.0.0.1:1')).toBe(2);
    expect(stack.terminal.stderr).toContain('holds another stack (pool)');
    expect(calls).toEqual([]);
  });

  it('delete removes the stack’s outputs, and the file with the last stack in it', async () => {
    await run('emulator', 'stack', 'create', '--endpoint', 'http://127.0.0.1:1');
    expect(await run('emulator', 'stack', 'delete')).toBe(0);
    expect(stack.terminal.stdout).toContain('Deleted stack spotpool.');
    await expect(stat(path.join(directory, 'cdk-outputs.json'))).rejects.toThrow('ENOENT');
  });
});
