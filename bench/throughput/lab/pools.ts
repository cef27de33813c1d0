/** A pool of the literature (children/pool.ts) as a process of its own. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { lastLines, startGroup } from '../../support/process-group.js';
import { setTimeout as delay } from 'node:timers/promises';
import type { PoolResult, PoolSetup } from '../children/pool.js';
import type { BenchCloud } from './cloud.js';
import { CHILD } from './contenders.js';
import { clientEnvironment } from './worker.js';

const TIMEOUT_MS = 300_000;
let pools = 0;

export async function runPool(
  cloud: BenchCloud,
  setup: PoolSetup,
  env: Readonly<Record<string, string>> = {},
): Promise<PoolResult> {
  // A list of files is longer than an argument may be.
  const file = path.join(cloud.scratch, `pool-${(pools += 1)}.json`);
  writeFileSync(file, JSON.stringify(setup));
  const group = startGroup({
    file: process.execPath,
    args: [CHILD, 'pool', file],
    env: { ...clientEnvironment(cloud), ...env },
  });
  try {
    const deadlineMs = Date.now() + TIMEOUT_MS;
    while (!group.stdout().includes('\n')) {
      if (group.hasEnded()) throw new Error(`A pool ended without a result: ${lastLines(group.output())}`);
      if (Date.now() > deadlineMs) throw new Error(`A pool gave no result within ${TIMEOUT_MS / 1_000} s.`);
      await delay(20);
    }
    return JSON.parse(group.stdout()) as PoolResult;
  } finally {
    await group.stop();
  }
}
