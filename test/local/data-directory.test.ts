/** A data directory is used by one process at a time, and each start has a number of its own. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { DataInUse, type OpenOptions, openDataDirectory } from '../../local/data-directory.js';
import { temporaryDirectory } from './ec2/support.js';

/** A process with this id, among those that run. */
const process = (pid: number, running: ReadonlySet<number>): OpenOptions => ({
  self: { pid, startTicks: 1 },
  isRunning: (holder) => running.has(holder.pid),
});

describe('a data directory', () => {
  it('gives each start the next number, after an end in order and after a kill', async () => {
    const directory = temporaryDirectory();
    const first = await openDataDirectory(directory, process(1, new Set()));
    await first.close();
    const killed = await openDataDirectory(directory, process(2, new Set()));
    const third = await openDataDirectory(directory, process(3, new Set()));
    expect([first.start, killed.start, third.start]).toEqual([1, 2, 3]);
    expect(readdirSync(path.join(directory, 'starts'))).toEqual(['0000000003.json']);
    await third.close();
    await killed.objects.close();
  });

  it('is refused while another process uses it, with the process and what to do', async () => {
    const directory = temporaryDirectory();
    const running = new Set([7]);
    const held = await openDataDirectory(directory, process(7, running));
    const refused = openDataDirectory(directory, process(8, running));
    await expect(refused).rejects.toThrow(DataInUse);
    await expect(refused).rejects.toThrow(
      `Another local cloud (process 7) uses the data directory ${directory}. End it first, or name another directory. If process 7 is no local cloud, remove ${path.join(directory, 'starts', '0000000001.json')}.`,
    );
    await held.close();
    const next = await openDataDirectory(directory, process(8, running));
    expect(next.start).toBe(2);
    await next.close();
  });

  it('goes to one of many processes that start at once after a kill', async () => {
    const directory = temporaryDirectory();
    const running = new Set<number>([11, 12, 13, 14, 15]);
    await (await openDataDirectory(directory, process(1, running))).objects.close();
    const all = await Promise.allSettled(
      [...running].map((pid) => openDataDirectory(directory, process(pid, running))),
    );
    const held = all.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    for (const each of all) if (each.status === 'rejected') expect(each.reason).toBeInstanceOf(DataInUse);
    expect(held).toHaveLength(1);
    expect(held[0]?.start).toBe(2);
    await held[0]?.close();
  });

  it('of another format is refused, and nothing in it is changed', async () => {
    const directory = temporaryDirectory();
    mkdirSync(path.join(directory, 'starts'));
    writeFileSync(path.join(directory, 'format.json'), '{"format":99}\n');
    await expect(openDataDirectory(directory)).rejects.toThrow(
      `The data directory ${directory} has the format 99, and this version reads format 1. Use the version that wrote it, or name another directory.`,
    );
    expect(readdirSync(directory).sort()).toEqual(['format.json', 'starts']);
  });

  it('opens after a power loss that tore its format and its last start', async () => {
    const directory = temporaryDirectory();
    mkdirSync(path.join(directory, 'starts'));
    writeFileSync(path.join(directory, 'format.json'), '');
    writeFileSync(path.join(directory, 'starts', '0000000004.json'), '{"pi');
    const opened = await openDataDirectory(directory);
    expect(opened.start).toBe(5);
    await opened.close();
  });
});
