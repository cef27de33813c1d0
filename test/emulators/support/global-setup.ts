/**
 * Makes the stack that the whole suite runs on. The CDK's command line bootstraps the account, and on LocalStack it deploys the stack. moto's
 * CloudFormation does not accept the stack (deploy.test.ts), so each lab makes one with `spotpool emulator stack create`. zz-destroy.test.ts takes it
 * down and checks what is left.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import type { TestProject } from 'vitest/node';
import { SUITE_FOLDER } from '../../../bench/conformance/events.js';
import { cdk, deployStack } from './cdk.js';
import type {} from './deployment.js';
import { accountOf, emulatorUnderTest } from './emulator.js';
import { inventory } from './inventory.js';
import { deployOutputs, StackEnd } from './take-down.js';

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const emulator = emulatorUnderTest();
  const directory = await mkdtemp(path.join(process.env[SUITE_FOLDER] ?? os.tmpdir(), 'spotpool-emulator-'));
  const stackFile = deployOutputs(directory);
  const clear = (): Promise<void> => rm(directory, { recursive: true, force: true });
  let before: readonly string[] | undefined;
  /** Takes down what is left after a run that failed, or that ran only some files. */
  const end = async (): Promise<void> => {
    try {
      const isClean = before === undefined || sameNames(before, await inventory(emulator));
      if (!isClean) await new StackEnd(emulator, directory).all();
    } finally {
      await clear();
    }
  };
  try {
    await cdk(emulator, directory, ['bootstrap', `aws://${accountOf(emulator)}/${emulator.region}`]);
    before = await inventory(emulator);
    if (emulator.name === 'localstack') await deployStack(emulator, directory, stackFile);
    const held = new Set(before);
    const deployed = (await inventory(emulator)).filter((name) => !held.has(name));
    project.provide('deployment', { directory, stackFile, before, deployed });
  } catch (error) {
    await end();
    throw error;
  }
  return end;
}

const sameNames = (a: readonly string[], b: readonly string[]): boolean => a.join('\n') === b.join('\n');
