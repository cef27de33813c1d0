import { expect, test } from 'vitest';
import { answering, freePort, startGroup } from '../../../bench/support/process-group.js';
import { eventually } from '../../support/eventually.js';

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

test('what a program started ends with it', async () => {
  const group = startGroup({ file: 'sh', args: ['-c', 'sleep 60 & echo $!; wait'] });
  const sleeper = Number(await eventually(() => group.stdout().trim()));
  expect(isAlive(sleeper)).toBe(true);
  await group.stop();
  expect(group.hasEnded()).toBe(true);
  await eventually(() => !isAlive(sleeper), { what: 'the end of what it started' });
});

test('a program that ends before it answers is told with what it said', async () => {
  const group = startGroup({ file: 'sh', args: ['-c', 'echo no such port >&2; exit 1'] });
  await expect(answering(group, `http://127.0.0.1:${await freePort()}`, 20_000)).rejects.toThrow(/no such port/);
  await group.stop();
});

test('a program that cannot be started is told, and needs no stopping', async () => {
  const group = startGroup({ file: '/nonexistent/program', args: [] });
  await expect(answering(group, `http://127.0.0.1:${await freePort()}`, 20_000)).rejects.toThrow(/ENOENT/);
  await group.stop();
});
