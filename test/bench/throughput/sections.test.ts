/** Each section's harness with as little work as it can do: real workers on a real local cloud, and no look at any clock. */
import { build } from 'esbuild';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline as copy } from 'node:stream/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stopStarted } from '../../../bench/support/process-group.js';
import { BenchCloud } from '../../../bench/throughput/lab/cloud.js';
import { ONE_BY_ONE, OURS, runJob } from '../../../bench/throughput/lab/contenders.js';
import { buildUnboundedWorker } from '../../../bench/throughput/lab/unbounded-worker.js';
import { downloads } from '../../../bench/throughput/sections/downloads.js';
import { linesOf, sendOnce } from '../../../bench/throughput/sections/enqueue.js';
import { images } from '../../../bench/throughput/sections/parallel.js';
import { pipeline } from '../../../bench/throughput/sections/pipeline.js';
import { reclaimOnce } from '../../../bench/throughput/sections/reclaims.js';
import { start } from '../../../bench/throughput/sections/start.js';
import { QUICK, type Sizes } from '../../../bench/throughput/sizes.js';

const TINY: Sizes = {
  ...QUICK,
  rounds: 1,
  pipelineBatches: 3,
  downloads: [2],
  serialDownloads: 2,
  downloadPasses: 1,
  images: 200,
  starts: 1,
};

let cloud: BenchCloud;
let directory: string;

beforeAll(async () => {
  // Below the project: the child finds esbuild from there.
  directory = mkdtempSync(path.resolve('dist/bench-test-'));
  const child = path.join(directory, 'child.mjs');
  const js =
    "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";
  await build({
    entryPoints: ['bench/throughput/child.ts'],
    outfile: child,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['esbuild'],
    banner: { js },
  });
  cloud = await BenchCloud.start(child);
});

afterAll(async () => {
  await cloud.close();
  await stopStarted();
  rmSync(directory, { recursive: true, force: true });
});

test('the worker and a loop that is compared with it do the same job', async () => {
  const items = Array.from({ length: 6 }, () => ({ ms: 1 }));
  for (const contender of [OURS, ONE_BY_ONE]) {
    const dataset = cloud.writeDataset('tiny.jsonl', items);
    const run = await runJob(cloud, contender, { dataset, model: 'busy.mjs', batchItems: 2 });
    expect(run.batches).toBe(3);
    expect(run.computeMs).toBeGreaterThanOrEqual(6);
    expect(run.wallMs).toBeGreaterThanOrEqual(run.computeMs);
  }
});

test('every way downloads all objects', async () => {
  const { rows } = await downloads(cloud, TINY);
  expect(rows.map(([title]) => title)).toEqual([
    '2: one after another',
    '2: processes',
    '2: threads',
    '2: asynchronous',
    '2: spotpool',
    '2: the limit',
  ]);
});

test('the worker comes to the same result as the model by itself', async () => {
  const { rows, notes } = await images(cloud, TINY, ['serial', 'auto']);
  expect(rows).toHaveLength(2);
  expect(notes?.join()).toMatch(/The choice of auto/);
});

test('lone batches and many go through the pipeline', async () => {
  const { rows } = await pipeline(cloud, TINY, [{ title: 'tiny', computeMs: 10, batchBytes: 1024 }]);
  expect(rows.map(([title]) => title)).toEqual(['tiny']);
});

test('what is enqueued is in the queue, and its calls are counted', async () => {
  const dataset = path.join(directory, 'items.jsonl');
  await copy(Readable.from(linesOf(30)), createWriteStream(dataset));
  const where = { dataset, installed: '' };
  const submitted = await sendOnce(cloud, { title: '', how: 'submit', items: 30, atOnce: 1, batchItems: 2 }, where);
  expect(submitted).toMatchObject({ messages: 15, calls: 2 });
  const single = await sendOnce(cloud, { title: '', how: 'one-by-one', items: 4, atOnce: 1 }, where);
  expect(single).toMatchObject({ messages: 4, calls: 4 });
});

test('a noticed batch comes back with what was done of it', async () => {
  const reclaim = await reclaimOnce(cloud, 'notice', 0, [300, 300]);
  expect(reclaim.itemsSaved).toBeGreaterThan(0);
  expect(reclaim.itemsDone).toBeGreaterThanOrEqual(reclaim.itemsSaved);
});

test('the first receive, item and outcome of a worker follow each other', async () => {
  const { rows } = await start(cloud, TINY);
  expect(rows).toHaveLength(2);
  expect(rows.flat().join()).not.toMatch(/NaN/);
});

test('the worker without its budget can be built for as long as the budget is where it is', async () => {
  await expect(buildUnboundedWorker(path.join(directory, 'unbounded'))).resolves.toMatch(/worker\.mjs$/);
});
