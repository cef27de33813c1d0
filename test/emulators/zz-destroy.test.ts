/** The end of the stack that the suite ran on: last, by its name (vitest.emulators.config.ts). What is left is all that the emulator holds and did not before. */
import { copyFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import {
  DeleteBucketCommand,
  DeleteObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, inject, it } from 'vitest';
import { makeCloudFormationClient, makeS3Client } from '../../aws/clients.js';
import { modelPath } from '../e2e/models.js';
import { jsonLines, runCli } from '../support/cli.js';
import { Gate } from '../support/gate.js';
import { appArguments, cdk, STACK_NAME } from './support/cdk.js';
import { clientOptionsOf, emulatorUnderTest, environmentOf } from './support/emulator.js';
import { EmulatorLab } from './support/emulator-lab.js';
import { inventory } from './support/inventory.js';

const emulator = emulatorUnderTest();
const { directory, before } = inject('deployment');
/** The most that S3 takes. */
const DELETED_AT_ONCE = 1_000;
const outputsFile = path.join(directory, 'last-outputs.json');

describe('the end of a stack on an emulator', () => {
  it('is an empty pool, also while a job runs, and the job can go on when the pool is opened again', async () => {
    const lab = await EmulatorLab.start({ leaseSeconds: 60 });
    try {
      await copyFile(lab.stackFile, outputsFile);
      const gate = await Gate.make(lab.directory, 'gate');
      const dataset = await lab.file('items.jsonl', '0\n1\n');
      const job = await lab.submit([dataset, '--model', modelPath('gated'), '--env', gate.env, '--batch-size', '1']);
      await lab.setTarget(2);
      await gate.waitForStarted(1);
      // Without the stack's id: emptied alone, as a pool within a stack of the user's own.
      const { stackId: _, ...pool } = lab.stack;
      const poolFile = await lab.file('pool.json', JSON.stringify(pool));
      const site = { cwd: lab.directory, env: environmentOf(emulator) };
      const ended = await runCli(['teardown', '--yes', '--grace', '1s', '--json', '--stack', poolFile], site);
      expect(ended.code, ended.stderr + lab.hostSaid).toBe(0);
      expect(jsonLines(ended.stdout).at(-1)).toMatchObject({ instancesLeft: 0 });
      expect((await lab.fleet()).instances.every(({ state }) => state === 'terminated')).toBe(true);
      expect((await lab.fleet()).target).toBe(0);
      await gate.open();
      expect((await runCli(['teardown', '--undo', '--stack', poolFile], site)).code).toBe(0);
      const watch = await lab.cli(['watch', job, '--json']);
      expect(watch.code, watch.stderr).toBe(0);
      expect((await lab.results(job)).map(({ output }) => output)).toEqual([0, 2]);
    } finally {
      await lab.close();
    }
  });

  it('leaves nothing but what is meant to be retained', async () => {
    const site = { cwd: directory, env: environmentOf(emulator) };
    const spotpool = async (...args: string[]): Promise<void> => {
      const { code, stdout, stderr } = await runCli([...args, '--stack', outputsFile, '--json'], site);
      expect(code, stdout + stderr).toBe(0);
    };
    const since = async (): Promise<readonly string[]> =>
      (await inventory(emulator)).filter((name) => !before.includes(name));
    const bucket = await bucketOf(outputsFile);
    if (emulator.name === 'moto') {
      // Of the versions that jobs.test.ts asked for: `stack create` itself makes a bucket without any.
      await empty(bucket);
      await spotpool('local', 'stack', 'delete', '--name', STACK_NAME.toLowerCase());
      return expect(await since()).toEqual([]);
    }
    await spotpool('local', 'fleet', 'delete');
    await cdk(emulator, directory, ['destroy', '--force', ...appArguments({ stack: STACK_NAME, controller: 'cli' })]);
    expect(await stackIsGone()).toBe(true);
    expect(await since()).toEqual([`bucket ${bucket}`]);
    // Differs: AWS leaves what is in it alone; LocalStack deletes each object, of which a versioned bucket keeps the old version.
    expect(await empty(bucket)).toEqual({ objects: 0, hasVersions: true });
    await deleteBucket(bucket);
    expect(await since()).toEqual([]);
  });
});

async function bucketOf(file: string): Promise<string> {
  const stacks = JSON.parse(await readFile(file, 'utf8')) as Record<string, Record<string, string>>;
  return (stacks[STACK_NAME] ?? stacks[STACK_NAME.toLowerCase()])?.['Bucket'] ?? '';
}

/** Of all versions. Says what was in it. */
async function empty(Bucket: string): Promise<{ readonly objects: number; readonly hasVersions: boolean }> {
  const s3 = makeS3Client(clientOptionsOf(emulator));
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
  let hasVersions = false;
  for (;;) {
    const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
    const Objects = [...Versions, ...DeleteMarkers].map(({ Key, VersionId }) => ({ Key, VersionId }));
    if (Objects.length === 0) break;
    hasVersions ||= Versions.length > 0;
    for (let start = 0; start < Objects.length; start += DELETED_AT_ONCE) {
      const Delete = { Objects: Objects.slice(start, start + DELETED_AT_ONCE) };
      await s3.send(new DeleteObjectsCommand({ Bucket, Delete }));
    }
  }
  s3.destroy();
  return { objects: Contents.length, hasVersions };
}

/** The emulator may be somebody's own. */
async function deleteBucket(Bucket: string): Promise<void> {
  const s3 = makeS3Client(clientOptionsOf(emulator));
  await s3.send(new DeleteBucketCommand({ Bucket }));
  s3.destroy();
}

async function stackIsGone(): Promise<boolean> {
  const client = makeCloudFormationClient(clientOptionsOf(emulator));
  try {
    await client.send(new DescribeStacksCommand({ StackName: STACK_NAME }));
    return false;
  } catch (error) {
    return /does not exist/.test((error as Error).message);
  } finally {
    client.destroy();
  }
}
