/**
 * Makes what all of the suite runs on. The CDK's own command line bootstraps the account, and on LocalStack it deploys; moto's CloudFormation takes no
 * such stack (deploy.test.ts), so that each lab makes its own with `spotpool local stack create`. zz-destroy.test.ts takes it down and looks at what is left.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { cdk, deployStack } from './cdk.js';
import type {} from './deployment.js';
import { accountOf, emulatorUnderTest } from './emulator.js';
import { inventory } from './inventory.js';

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const emulator = emulatorUnderTest();
  const directory = await mkdtemp(path.join(os.tmpdir(), 'spotpool-emulator-'));
  const stackFile = path.join(directory, 'cdk-outputs.json');
  const clear = (): Promise<void> => rm(directory, { recursive: true, force: true });
  try {
    await cdk(emulator, directory, ['bootstrap', `aws://${accountOf(emulator)}/${emulator.region}`]);
    const before = await inventory(emulator);
    if (emulator.name === 'localstack') await deployStack(emulator, directory, stackFile);
    project.provide('deployment', { directory, stackFile, before });
  } catch (error) {
    await clear();
    throw error;
  }
  return clear;
}
