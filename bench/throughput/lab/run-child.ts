/** Runs a role of child.ts that does one task, prints one line of JSON, and ends. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startGroup } from '../../support/process-group.js';
import type { BenchCloud } from './cloud.js';
import { clientEnvironment } from './worker.js';

const TIMEOUT_MS = 300_000;
let children = 0;

export async function runChild<Result>(
  cloud: BenchCloud,
  role: string,
  setup: object,
  env: Readonly<Record<string, string>> = {},
): Promise<Result> {
  // A list of files can be longer than an argument may be.
  const file = path.join(cloud.scratch, `child-${(children += 1)}.json`);
  writeFileSync(file, JSON.stringify(setup));
  const group = startGroup({
    file: process.execPath,
    args: [cloud.child, role, file],
    env: { ...clientEnvironment(cloud), ...env },
  });
  try {
    const deadlineMs = Date.now() + TIMEOUT_MS;
    while (!group.stdout().includes('\n')) {
      if (group.hasEnded()) throw new Error(`The ${role} ended without a result: ${group.output().slice(-2_000)}`);
      if (Date.now() > deadlineMs) throw new Error(`The ${role} gave no result within ${TIMEOUT_MS / 1_000} s.`);
      await delay(20);
    }
    return JSON.parse(group.stdout()) as Result;
  } finally {
    await group.stop();
  }
}
