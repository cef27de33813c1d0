import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ALIVE_VARIABLE, watchWorker } from '../../../core/contract/alive-file.js';

let directory: string;
let watcher: ChildProcess;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'spotpool-alive-'));
  watcher = spawn('sh', ['-c', watchWorker(0.1)], {
    env: { PATH: process.env['PATH'], [ALIVE_VARIABLE]: path.join(directory, 'alive') },
  });
});

afterEach(async () => {
  watcher.kill('SIGKILL');
  await once(watcher, 'close');
  rmSync(directory, { recursive: true });
});

/** A program that shows that its loop turns as a worker does, until something stops it. */
const WORKER = `
const { writeFileSync } = require('node:fs');
let turns = 0;
setInterval(() => {
  writeFileSync(process.argv[1], process.pid + ' ' + ++turns + '\\n');
  if (turns === 20) process.stdout.write('turned');
  if (turns === 20 && process.argv[2] === 'block') for (;;);
}, 50);
`;

async function startWorker(...args: readonly string[]): Promise<ChildProcess> {
  const worker = spawn(process.execPath, ['-e', WORKER, path.join(directory, 'alive'), ...args]);
  // Longer than a worker whose loop hangs would live.
  if (worker.stdout !== null) await once(worker.stdout, 'data');
  return worker;
}

it('kills a worker whose process is stopped, and not before', async () => {
  const worker = await startWorker();
  expect(worker.exitCode ?? worker.signalCode).toBeNull();
  worker.kill('SIGSTOP');
  expect(await once(worker, 'exit')).toEqual([null, 'SIGKILL']);
});

it('kills a worker whose event loop is blocked, and says so', async () => {
  const said = watcher.stdout === null ? Promise.resolve(['']) : once(watcher.stdout, 'data');
  const worker = await startWorker('block');
  expect(await once(worker, 'exit')).toEqual([null, 'SIGKILL']);
  expect(String((await said)[0])).toContain(`the worker (process ${worker.pid}) hangs`);
});
