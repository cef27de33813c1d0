import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type LocalState,
  readLocalState,
  removeLocalState,
  stateFile,
  writeLocalState,
} from '../../../runner/local-cloud/state-file.js';

let directory: string;
let server: net.Server;
let state: LocalState;

beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'spotpool-test-'));
  server = net.createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`;
  state = {
    name: 'local',
    region: 'us-east-1',
    queueUrl: `${endpoint}/q`,
    deadLetterQueueUrl: `${endpoint}/d`,
    bucket: 'b',
    fleetId: 'fleet-1',
    maxWorkers: 4,
    endpoint,
    credentials: { accessKeyId: 'a', secretAccessKey: 's' },
    pid: process.pid,
    startedAt: '2026-01-01T00:00:00.000Z',
    log: 'x',
  };
});
afterEach(async () => {
  if (server.listening) await new Promise((resolve) => server.close(resolve));
  await rm(directory, { recursive: true });
});

describe('the state file of the local cloud', () => {
  it('gives back what was written, readable by its owner alone', async () => {
    expect(await writeLocalState(directory, state)).toBe(true);
    expect(await readLocalState(directory)).toEqual(state);
    expect(statSync(stateFile(directory)).mode & 0o077).toBe(0);
  });

  it('is in a directory that is its owner’s alone, whatever the umask', async () => {
    const umask = process.umask(0);
    try {
      const home = path.join(directory, 'state', 'spotpool');
      await writeLocalState(home, state);
      expect((statSync(home).mode & 0o777).toString(8)).toBe('700');
      expect((statSync(stateFile(home)).mode & 0o777).toString(8)).toBe('600');
    } finally {
      process.umask(umask);
    }
  });

  it('is not taken over by a second supervisor', async () => {
    await writeLocalState(directory, state);
    expect(await writeLocalState(directory, { ...state, bucket: 'other' })).toBe(false);
    expect((await readLocalState(directory))?.bucket).toBe('b');
  });

  it('is recognised as stale, and removed, when its process is gone', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    await writeLocalState(directory, { ...state, pid });
    expect(await readLocalState(directory)).toBeUndefined();
    expect(existsSync(stateFile(directory))).toBe(false);
  });

  it('is stale too when the process id lives on in another process, so that nobody answers', async () => {
    await writeLocalState(directory, state);
    await new Promise((resolve) => server.close(resolve));
    expect(await readLocalState(directory)).toBeUndefined();
  });

  it.each(['', 'null', '{"pid":', '{"pid":1,"endpoint":"junk"}', `{"pid":${process.pid}}`])(
    'is in nobody’s way when it is damaged: %j',
    async (text) => {
      await writeFile(stateFile(directory), text);
      expect(await readLocalState(directory)).toBeUndefined();
      expect(await writeLocalState(directory, state)).toBe(true);
    },
  );

  it('is removed only by the supervisor whose it is', async () => {
    await writeLocalState(directory, state);
    await removeLocalState(directory, state.pid + 1);
    expect(existsSync(stateFile(directory))).toBe(true);
    await removeLocalState(directory, state.pid);
    expect(existsSync(stateFile(directory))).toBe(false);
  });
});
