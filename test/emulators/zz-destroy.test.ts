/**
 * Takes down the stack of the suite. Files run in the order of their names, so this one is last. It checks that nothing is left on the emulator that
 * was not there before the suite.
 */
import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { describe, expect, inject, it } from 'vitest';
import { makeCloudFormationClient } from '../../aws/clients.js';
import { modelPath } from '../e2e/models.js';
import { jsonLines, runCli } from '../support/cli.js';
import { Gate } from '../support/gate.js';
import { STACK_NAME } from './support/cdk.js';
import { clientOptionsOf, emulatorUnderTest, environmentOf } from './support/emulator.js';
import { EmulatorLab } from './support/emulator-lab.js';
import { inventory } from './support/inventory.js';
import { StackEnd } from './support/take-down.js';

const emulator = emulatorUnderTest();
const { directory, before } = inject('deployment');

describe('the end of a stack on an emulator', () => {
  it('is an empty pool, also while a job runs, and the job continues when the pool is opened again', async () => {
    const lab = await EmulatorLab.start({ leaseSeconds: 60 });
    try {
      const gate = await Gate.make(lab.directory, 'gate');
      const dataset = await lab.file('items.jsonl', '0\n1\n');
      const job = await lab.submit([dataset, '--model', modelPath('gated'), '--env', gate.env, '--batch-size', '1']);
      await lab.setTarget(2);
      await gate.waitForStarted(1);
      // Without the stack's id, teardown only empties the pool, as it does with a pool inside a user's own stack.
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

  it('leaves only the bucket, which is meant to be retained', async () => {
    const end = new StackEnd(emulator, directory);
    const since = async (): Promise<readonly string[]> =>
      (await inventory(emulator)).filter((name) => !before.includes(name));
    const bucket = await end.bucket();
    if (emulator.name === 'moto') {
      // jobs.test.ts switched versioning on; `stack create` itself makes a bucket without it.
      await end.emptyBucket(bucket);
      await end.deleteMade();
      return expect(await since()).toEqual([]);
    }
    await end.deleteFleet();
    await end.destroy();
    expect(await stackIsGone()).toBe(true);
    expect(await since()).toEqual([`bucket ${bucket}`]);
    // Differs: AWS keeps the objects. LocalStack deletes each of them, and a versioned bucket keeps the old versions.
    expect(await end.emptyBucket(bucket)).toEqual({ objects: 0, hasVersions: true });
    await end.deleteBucket(bucket);
    expect(await since()).toEqual([]);
  });
});

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
