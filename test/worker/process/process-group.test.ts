import { build } from 'esbuild';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { groupMemoryBytes } from '../../../worker/process/group-usage.js';
import { ProcessGroup } from '../../../worker/process/process-group.js';
import { eventually } from '../../support/eventually.js';
import { isAlive } from '../slot/support.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'spotpool-group-'));
});
afterAll(() => rm(directory, { recursive: true }));

function start(argv: readonly string[], env: Record<string, string> = {}): { group: ProcessGroup; output: string[] } {
  const output: string[] = [];
  const write = (chunk: Buffer): number => output.push(chunk.toString());
  const group = new ProcessGroup({
    argv,
    cwd: directory,
    env: { PATH: process.env['PATH'] ?? '', ...env },
    onStdout: write,
    onStderr: write,
  });
  return { group, output };
}

const firstLine = async (output: readonly string[]): Promise<string> =>
  eventually(() => (output.join('').includes('\n') ? output.join('').trim() : ''));

describe('a process group', () => {
  it('says how its command ended, and passes all arguments and output on', async () => {
    const { group, output } = start(['/bin/sh', '-c', 'echo "$NAME|$1|$2"; exit 7', 'x', 'a b', '$c'], { NAME: 'n"' });
    expect(await group.ended).toBe('exit code 7');
    expect(output.join('')).toBe('n"|a b|$c\n');
  });

  it('is a failed command when there is no such program or directory', async () => {
    const missing = start(['no-such-program-here']);
    expect(await missing.group.ended).toBe('exit code 127');
    expect(missing.output.join('')).toContain('no-such-program-here');
    const nowhere = new ProcessGroup({
      argv: ['true'],
      cwd: path.join(directory, 'none'),
      env: {},
      onStdout: () => undefined,
      onStderr: () => undefined,
    });
    expect(await nowhere.ended).toContain('could not be started');
    await nowhere.stop();
  });

  it('reads standard input until it is stopped', async () => {
    const { group, output } = start(['cat']);
    group.stdin.write('hello\n');
    expect(await firstLine(output)).toBe('hello');
    await group.stop();
  });

  it('kills every process that its command left behind', async () => {
    const { group, output } = start(['/bin/sh', '-c', 'sleep 1000 & echo $!']);
    expect(await group.ended).toBe('exit code 0');
    const pid = Number(output.join(''));
    await eventually(() => !isAlive(pid));
  });

  it('ends when asked, or is killed', async () => {
    const { group, output } = start(['/bin/sh', '-c', 'trap "" TERM; echo deaf; while :; do :; done']);
    await firstLine(output);
    await group.stop();
    expect(await group.ended).toBe('signal SIGKILL');
  });

  it('does not outlive the worker, however the worker ends', async () => {
    const worker = path.join(directory, 'worker.mjs');
    const source = fileURLToPath(new URL('../../../worker/process/process-group.ts', import.meta.url));
    await build({
      stdin: {
        contents: `import { ProcessGroup } from ${JSON.stringify(source)};
          new ProcessGroup({
            argv: ['/bin/sh', '-c', 'sleep 1000 & echo $$ $!; while :; do :; done'], cwd: '/', env: process.env,
            onStdout: (chunk) => process.stdout.write(chunk), onStderr: () => {},
          });`,
        resolveDir: directory,
      },
      outfile: worker,
      bundle: true,
      platform: 'node',
      format: 'esm',
    });
    const child = spawn(process.execPath, [worker], { stdio: ['ignore', 'pipe', 'inherit'] });
    const output: string[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk.toString()));
    const pids = (await firstLine(output)).split(' ').map(Number);
    expect(pids.map(isAlive)).toEqual([true, true]);
    child.kill('SIGKILL');
    await eventually(() => !pids.some(isAlive), { what: 'the end of the group' });
  });

  it('counts the resident memory of its children too', async () => {
    const hold = 'globalThis.kept = Buffer.alloc(80 << 20, 1); console.log("ready"); setInterval(() => {}, 1000)';
    const { group, output } = start(['/bin/sh', '-c', `"$1" -e '${hold}' & wait`, 'x', process.execPath]);
    await firstLine(output);
    const bytes = await eventually(async () => groupMemoryBytes(group.pid ?? 0));
    expect(bytes).toBeGreaterThan(80 * 1024 * 1024);
    expect(bytes).toBeLessThan(1024 * 1024 * 1024);
    await group.stop();
    await eventually(async () => (await groupMemoryBytes(group.pid ?? 0)) === 0);
  });

  it('counts the memory of children that it starts after the first look', async () => {
    const hold = 'globalThis.kept = Buffer.alloc(80 << 20, 1); setInterval(() => {}, 1000)';
    const { group, output } = start(['/bin/sh', '-c', `echo ready; sleep 1; "$1" -e '${hold}'`, 'x', process.execPath]);
    await firstLine(output);
    expect(await groupMemoryBytes(group.pid ?? 0)).toBeLessThan(80 * 1024 * 1024);
    await eventually(async () => (await groupMemoryBytes(group.pid ?? 0)) > 80 * 1024 * 1024);
    await group.stop();
  });
});
