/**
 * Measures the disk itself with the same bytes: files that Node writes and reads in the folder that the local cloud
 * writes to.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { atOnce } from '../support/rounds.js';
import type { Objects } from './bucket-work.js';

/** Returns seconds. No measurement waits for fsync, because the local cloud does not either. */
export async function onDisk({
  count,
  width,
  body,
}: Objects): Promise<{ readonly write: number; readonly read: number }> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'spotpool-bench-disk-'));
  try {
    const file = (n: number): string => path.join(folder, String(n));
    const write = await seconds(() => atOnce(count, width, (n) => writeFile(file(n), body)));
    const read = await seconds(() => atOnce(count, width, (n) => readFile(file(n))));
    return { write, read };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return (performance.now() - startedMs) / 1_000;
}
