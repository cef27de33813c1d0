/** The default stack, which a function controls. It is tested only where the emulator runs functions. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { runCli } from '../support/cli.js';
import { appArguments, cdk } from './support/cdk.js';
import { emulatorUnderTest, environmentOf } from './support/emulator.js';
import { EmulatorLab } from './support/emulator-lab.js';
import { modelPath } from '../e2e/models.js';

const emulator = emulatorUnderTest();
const WHY_NOT =
  emulator.name === 'moto'
    ? 'moto does not accept the stack (deploy.test.ts)'
    : 'only a LocalStack in Docker runs functions; controller-function.test.ts runs their bundle instead';
const STACK = 'SpotpoolSuiteFunction';
const APP = appArguments({ stack: STACK, controller: 'lambda', spotpool: '{"maxWorkers":2,"zones":1}' });

describe('a stack with a controller function', () => {
  const { directory } = inject('deployment');
  afterAll(async () => {
    if (emulator.runsFunctions) await cdk(emulator, directory, ['destroy', '--force', ...APP]);
  });

  it('raises its fleet when a job is submitted and nobody follows, and parks it after the end', async (test) => {
    if (!emulator.runsFunctions) return test.skip(WHY_NOT);
    const site = await mkdtemp(path.join(directory, 'function-'));
    const stackFile = path.join(site, 'cdk-outputs.json');
    await cdk(emulator, directory, ['deploy', ...APP, '--require-approval', 'never', '--outputs-file', stackFile]);
    const lab = await EmulatorLab.start({ leaseSeconds: 20, stackFile });
    try {
      expect(JSON.parse(await readFile(stackFile, 'utf8'))).toMatchObject({ [STACK]: { Controlled: 'true' } });
      const dataset = await lab.file('items.jsonl', '0\n1\n2\n3\n');
      // `submit` wakes the function, and only the function raises the fleet.
      const job = await lab.submit([dataset, '--model', modelPath('double'), '--batch-size', '1']);
      await lab.soon('all outcomes', async () => (await lab.status(job)).batches.done === 4);
      // LocalStack fires no schedule, so the test wakes the function, as another submit would.
      await lab.ports.controller?.wake(AbortSignal.timeout(10_000));
      await lab.soon(
        'a parked fleet',
        async () => (await lab.fleet()).target === 0 && (await lab.running()).length === 0,
      );
      expect((await lab.status(job)).state).toBe('complete');
      const deleted = await runCli(['emulator', 'fleet', 'delete', '--stack', lab.stackFile], {
        cwd: site,
        env: environmentOf(emulator),
      });
      expect(deleted.code, deleted.stderr).toBe(0);
    } finally {
      await lab.close();
      await rm(site, { recursive: true, force: true });
    }
  });
});
