import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installedFiles } from '../../../runner/local-cloud/paths.js';
import { isAlive, stateFile } from '../../../runner/local-cloud/state-file.js';
import { eventually } from '../../support/eventually.js';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), 'spotpool-home-'));
});
afterEach(async () => {
  await spotpool('local', 'down');
  await rm(home, { recursive: true });
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built command, as a user whose own AWS settings are of no use here. */
function spotpool(...args: readonly string[]): Promise<Ended> {
  const env = { PATH: process.env['PATH'], HOME: home, SPOTPOOL_HOME: home, TMPDIR: home, AWS_PROFILE: 'missing' };
  return new Promise((resolve) => {
    execFile(process.execPath, [installedFiles().cli, ...args], { env, cwd: home }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

const up = async (...more: readonly string[]): Promise<Record<string, unknown> & { readonly pid: number }> => {
  const { code, stdout, stderr } = await spotpool('local', 'up', '--json', ...more);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Record<string, unknown> & { readonly pid: number };
};

/** The processes of `local up` that run in the home of the test. */
async function supervisors(): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const directory = await readlink(`/proc/${pid}/cwd`).catch(() => '');
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return directory === home && command.includes('--foreground') ? [Number(pid)] : [];
    }),
  );
  return found.flat();
}

describe('a local cloud that outlives the command', () => {
  it('comes up, stays, is found by other commands, and goes without a trace', async () => {
    const first = await up('--max-workers', '2');
    expect(Object.keys(first)).toEqual(
      expect.arrayContaining([
        'endpoint',
        'region',
        'accessKeyId',
        'secretAccessKey',
        'queueUrl',
        'deadLetterQueueUrl',
        'bucket',
        'fleetId',
        'pid',
      ]),
    );
    expect(first).toMatchObject({ maxWorkers: 2 });
    expect(await up('--max-workers', '3'), 'the second up finds the first').toEqual({ ...first, wasUp: true });
    expect((await spotpool('fleet', '--local')).stdout).toContain('target 0, fulfilled 0');
    expect((await spotpool('doctor', '--local')).code).toBe(0);
    expect((await spotpool('local', 'status')).stdout).toContain(`pid ${first.pid}`);
    const status: unknown = JSON.parse((await spotpool('local', 'status', '--json')).stdout);
    const { wasUp, ...stack } = first;
    expect(wasUp).toBe(false);
    expect(status, 'the fields of up, where it is, and the work').toEqual({
      up: true,
      ...stack,
      startedAt: expect.stringMatching(/^\d{4}-/) as string,
      log: path.join(home, 'local-cloud.log'),
      data: path.join(home, 'kept', 'up'),
      jobs: [],
      instances: 0,
      kept: { directory: path.join(home, 'kept'), upBytes: expect.any(Number) as number, jobs: [] },
    });
    const down = await spotpool('local', 'down');
    expect(down.stdout).toContain('is gone');
    expect(isAlive(first.pid)).toBe(false);
    expect((await readdir(home)).sort()).toEqual(['kept', 'local-cloud.log']);
    expect((await spotpool('jobs', '--local')).code).toBe(2);
  });

  it('is one only, when two commands bring it up at once', async () => {
    const [one, two] = await Promise.all([up(), up()]);
    expect(one.pid).toBe(two.pid);
    // The one that was too late would come up as soon as the other one went down.
    await eventually(async () => (await supervisors()).length === 1, { what: 'one supervisor' });
    expect(await supervisors()).toEqual([one.pid]);
  });

  it('is known to be gone when it was killed, and its instances and processes go too', async () => {
    const { pid, endpoint } = await up();
    process.kill(pid, 'SIGKILL');
    await eventually(() => !isAlive(pid));
    expect(JSON.parse((await spotpool('local', 'status', '--json')).stdout)).toMatchObject({ up: false });
    expect(existsSync(stateFile(home))).toBe(false);
    await eventually(
      async () =>
        await fetch(String(endpoint)).then(
          () => false,
          () => true,
        ),
    );
    expect((await up()).pid).not.toBe(pid);
  });

  it('says why the local cloud did not start', async () => {
    const taken = net.createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as net.AddressInfo;
    const { code, stderr } = await spotpool('local', 'up', '--port', String(port));
    await new Promise((resolve) => taken.close(resolve));
    expect(code).toBe(1);
    expect(stderr).toMatch(/Port \d+ is in use/);
    expect((await readdir(home)).sort()).toEqual(['kept', 'local-cloud.log']);
  });
});
