/** Resident memory of process groups, from one look at the process table that all slots share. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';

/** Slots poll about once a second each; looks closer together than this are one. */
const SHARED_FOR_MS = 250;
/** `ps` takes milliseconds; a hung one must not hold the watch. */
const PS_TIMEOUT_MS = 5_000;
const PS_MAX_BYTES = 4 * 1024 * 1024;

type MemoryByGroup = ReadonlyMap<number, number>;

let last: { readonly atMs: number; readonly table: Promise<MemoryByGroup> } | undefined;

/** Bytes; 0 when the group has no process. Memory that processes share is counted for each. */
export async function groupMemoryBytes(group: number): Promise<number> {
  const nowMs = performance.now();
  if (last === undefined || nowMs - last.atMs > SHARED_FOR_MS) {
    last = { atMs: nowMs, table: process.platform === 'linux' ? fromProc() : fromPs() };
  }
  return (await last.table).get(group) ?? 0;
}

async function fromProc(): Promise<MemoryByGroup> {
  const table = new Map<number, number>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      // After the name in brackets: state, parent, group. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
      const group = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ', 3)[2]);
      // The same file has it in pages, whose size differs between machines.
      const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${entry}/status`, 'utf8'))?.[1];
      table.set(group, (table.get(group) ?? 0) + Number(kilobytes ?? 0) * 1024);
    } catch {
      // It ended while we looked.
    }
  }
  return table;
}

async function fromPs(): Promise<MemoryByGroup> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pgid=,rss='], {
    timeout: PS_TIMEOUT_MS,
    maxBuffer: PS_MAX_BYTES,
  });
  const table = new Map<number, number>();
  for (const line of stdout.split('\n')) {
    const [group, kilobytes] = line.trim().split(/\s+/).map(Number);
    if (group !== undefined && kilobytes !== undefined) table.set(group, (table.get(group) ?? 0) + kilobytes * 1024);
  }
  return table;
}
