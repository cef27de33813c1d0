/** `spotpool local env`: other tools, with settings of their own that lead elsewhere, find the local cloud by it. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stateFile } from '../../../runner/local-cloud/state-file.js';
import { cliEntry, projectRoot } from '../../support/cli.js';

let home: string;
let evaluated: NodeJS.ProcessEnv;
beforeAll(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), "spotpool it's home-"));
  expect((await shell('"$NODE" "$CLI" local up')).stdout).toContain('eval "$(spotpool local env)"');
  const { stdout } = await shell('eval "$("$NODE" "$CLI" local env)"; env -0');
  evaluated = Object.fromEntries(
    stdout.split('\0').map((entry) => entry.split(/=(.*)/s).slice(0, 2) as [string, string]),
  );
});
afterAll(async () => {
  await shell('"$NODE" "$CLI" local down');
  await rm(home, { recursive: true });
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The user's own environment has a profile, a token and an endpoint of somewhere else. */
function shell(script: string, more: NodeJS.ProcessEnv = {}, alone = false): Promise<Ended> {
  const env = alone
    ? more
    : {
        PATH: process.env['PATH'],
        HOME: home,
        SPOTPOOL_HOME: home,
        NODE: process.execPath,
        CLI: cliEntry,
        AWS_PROFILE: 'production',
        AWS_SESSION_TOKEN: 'stale',
        AWS_CREDENTIAL_EXPIRATION: '2020-01-01T00:00:00Z',
        AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:1',
        AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
        ...more,
      };
  return new Promise((resolve) => {
    execFile('sh', ['-euc', script], { env, cwd: projectRoot }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

/** In the shell's own environment after the eval. */
const withEnv = (script: string): Promise<Ended> => shell(script, evaluated, true);
const has = (command: string, ...args: readonly string[]): boolean => spawnSync(command, args).status === 0;

describe('spotpool local env', () => {
  it('leads an SDK without any configuration to the local cloud', async () => {
    const script = [
      "import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs'",
      'console.log((await new SQSClient({}).send(new ListQueuesCommand({}))).QueueUrls.join())',
    ].join('; ');
    const { stdout, stderr } = await withEnv(`"$NODE" --input-type=module -e ${JSON.stringify(script)}`);
    expect(stdout, stderr).toContain('/spotpool-local-input');
    // With a time that is over, boto3 takes the keys for stale.
    expect(evaluated).not.toHaveProperty('AWS_CREDENTIAL_EXPIRATION');
  });

  it.skipIf(!has('python3', '-c', 'import boto3'))('leads boto3 there, for each service', async () => {
    const script = [
      'import boto3',
      "print([url.split('/')[-1] for url in boto3.client('sqs').list_queues()['QueueUrls']])",
      "print([bucket['Name'] for bucket in boto3.client('s3').list_buckets()['Buckets']])",
      "print(len(boto3.client('ec2').describe_fleets()['Fleets']))",
    ].join('; ');
    const { stdout, stderr } = await withEnv(`python3 -c ${JSON.stringify(script)}`);
    expect(stdout.split('\n'), stderr).toEqual([
      "['spotpool-local-dead-letters', 'spotpool-local-input']",
      "['spotpool-local-results']",
      '1',
      '',
    ]);
  });

  it.skipIf(!has('aws', '--version'))('leads the AWS CLI there', async () => {
    const { stdout, stderr } = await withEnv('aws s3 ls');
    expect(stdout, stderr).toContain('spotpool-local-results');
  });

  it('prints the same for programs', async () => {
    const { stdout } = await shell('"$NODE" "$CLI" local env --json');
    const environment = JSON.parse(stdout) as Record<string, string>;
    expect(Object.keys(environment).sort()).toEqual([
      'AWS_ACCESS_KEY_ID',
      'AWS_DEFAULT_REGION',
      'AWS_EC2_METADATA_DISABLED',
      'AWS_ENDPOINT_URL',
      'AWS_REGION',
      'AWS_SECRET_ACCESS_KEY',
    ]);
    // A key of its own, which only its owner can read.
    expect(environment['AWS_ACCESS_KEY_ID']).toMatch(/^AKIA[A-Z2-7]{16}$/);
    expect((await stat(stateFile(home))).mode & 0o777).toBe(0o600);
  });

  it('says what to do when no local cloud is up', async () => {
    const { code, stdout, stderr } = await shell('"$NODE" "$CLI" local env', {
      SPOTPOOL_HOME: path.join(home, 'none'),
    });
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('spotpool local up');
  });
});
