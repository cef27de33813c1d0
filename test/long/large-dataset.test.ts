import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { jsonLines, projectRoot, startCli } from '../support/cli.js';

const GIGABYTE = 1e9;
/** CI computes one gigabyte, which is several times the limit; `npm run nightly` computes five (vitest.config.ts). */
const DATASET_GB = Number(process.env['LARGE_DATASET_GB'] ?? '1');
const ITEM_BYTES = 10_000;
const RESIDENT_LIMIT_BYTES = 300e6;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'spotpool-large-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

it(`a dataset of ${DATASET_GB} GB needs less than 300 MB in the runner and in the worker`, async () => {
  const items = Math.ceil((DATASET_GB * GIGABYTE) / ITEM_BYTES);
  await writeDataset(path.join(directory, 'large.jsonl'), items);
  await writeFile(
    path.join(directory, 'size.mjs'),
    'export const predict = async (items) => items.map((item) => item.text.length);',
  );
  const run = startCli(['run', 'large.jsonl', '--model', 'size.mjs', '--local', '--max-workers', '2', '--json'], {
    cwd: directory,
    env: { TMPDIR: directory },
  });
  const peaks = { runner: 0, worker: 0 };
  const sampling = new AbortController();
  const sampler = (async () => {
    while (!sampling.signal.aborted) {
      peaks.runner = Math.max(peaks.runner, await residentBytes(run.child.pid ?? 0));
      for (const pid of await processesRunning(path.join(projectRoot, 'dist/bundle/worker.mjs'))) {
        peaks.worker = Math.max(peaks.worker, await residentBytes(pid));
      }
      await delay(200, undefined, { signal: sampling.signal }).catch(() => undefined);
    }
  })();
  const result = await run.exited;
  sampling.abort();
  await sampler;
  expect(result.code, result.stderr).toBe(0);
  expect(jsonLines(result.stdout).at(-1)).toMatchObject({ items: { total: items, ok: items, failed: 0 } });
  console.log(
    `${DATASET_GB} GB in: peak resident memory, runner ${megabytes(peaks.runner)} MB, worker ${megabytes(peaks.worker)} MB`,
  );
  expect(peaks.worker).toBeGreaterThan(0);
  expect(peaks.runner).toBeLessThan(RESIDENT_LIMIT_BYTES);
  expect(peaks.worker).toBeLessThan(RESIDENT_LIMIT_BYTES);
});

const megabytes = (bytes: number): number => Math.round(bytes / 1e6);

async function writeDataset(file: string, items: number): Promise<void> {
  const out = createWriteStream(file);
  const text = 'spot '.repeat(ITEM_BYTES / 5 - 5);
  for (let index = 0; index < items; index++) {
    if (!out.write(`${JSON.stringify({ index, text })}\n`)) await once(out, 'drain');
  }
  await new Promise<void>((resolve) => out.end(() => resolve()));
}

/** Resident memory as the kernel counts it, or 0 for a process that has ended. This suite runs on Linux only. */
async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}

async function processesRunning(script: string): Promise<number[]> {
  const found: number[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const words = (await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (words[1] === script) found.push(Number(entry));
  }
  return found;
}
