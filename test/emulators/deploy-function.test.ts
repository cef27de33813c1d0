/** The stack as it is by default, with a function that controls: only where the emulator runs functions. */
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
    ? 'moto takes no such stack (deploy.test.ts)'
    : 'only a LocalStack in Docker runs functions; their bundle is run in controller-function.test.ts instead';
const STACK = 'SpotpoolSuiteFunction';
const APP = appArguments({ stack: STACK, controller: 'lambda', spotpool: '{"maxWorkers":2,"zones":1}' });

describe('a stack with a function that controls', () => {
  const { directory } = inject('deployment');
  afterAll(async () => {
    if (emulator.runsFunctions) await cdk(emulator, directory, ['destroy', '--force', ...APP]);
  });

  it('raises its fleet when a job is submitted, with nobody following, and parks it when woken after the end', async (test) => {
    if (!emulator.runsFunctions) return test.skip(WHY_NOT);
    const site = await mkdtemp(path.join(directory, 'function-'));
    const stackFile = path.join(site, 'cdk-outputs.json');
    await cdk(emulator, directory, ['deploy', ...APP, '--require-approval', 'never', '--outputs-file', stackFile]);
    const lab = await EmulatorLab.start({ leaseSeconds: 20, stackFile });
    try {
      expect(JSON.parse(await readFile(stackFile, 'utf8'))).toMatchObject({ [STACK]: { Controlled: 'true' } });
      const dataset = await lab.file('items.jsonl', '0\n1\n2\n3\n');
      // Wakes the function, which alone raises.
      const job = await lab.submit([dataset, '--model', modelPath('double'), '--batch-size', '1']);
      await lab.soon('all outcomes', async () => (await lab.status(job)).batches.done === 4);
      // LocalStack fires no schedule of a minute: it is woken as by another submit.
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
