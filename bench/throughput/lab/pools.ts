/** Runs a pool of the literature (children/pool.ts) as a process of its own. */
import type { PoolResult, PoolSetup } from '../children/pool.js';
import type { BenchCloud } from './cloud.js';
import { runChild } from './run-child.js';

export const runPool = (
  cloud: BenchCloud,
  setup: PoolSetup,
  env: Readonly<Record<string, string>> = {},
): Promise<PoolResult> => runChild<PoolResult>(cloud, 'pool', setup, env);
