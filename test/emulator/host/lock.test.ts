import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockHost } from '../../../emulator/host/lock.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'spotpool-test-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const gonePid = (): number => spawnSync(process.execPath, ['--version']).pid;

it('a second host of the same instances is refused, whichever way it names them', async () => {
  const unlock = await lockHost(directory, ['the fleet sfr-1', 'the stack a']);
  await expect(lockHost(directory, ['the fleet sfr-1'])).rejects.toThrow(`is running (pid ${process.pid})`);
  await expect(lockHost(directory, ['the fleet sfr-2', 'the stack a'])).rejects.toThrow('is running');
  const other = await lockHost(directory, ['the fleet sfr-2', 'the stack b']);
  await other();
  await unlock();
  expect(await readdir(directory)).toEqual([]);
});

it('a lock whose process is gone is taken over by exactly one host', async () => {
  const unlock = await lockHost(directory, ['the fleet sfr-1']);
  const [file = ''] = await readdir(directory);
  await unlock();
  await writeFile(path.join(directory, file), String(gonePid()));
  await lockHost(directory, ['the fleet sfr-1']);
  expect(await readFile(path.join(directory, file), 'utf8')).toBe(String(process.pid));
  await expect(lockHost(directory, ['the fleet sfr-1'])).rejects.toThrow('is running');
});
