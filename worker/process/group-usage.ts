/**
 * Measures the memory and the processor time of process groups, by one look at the process table that all slots share.
 */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';

/** Each slot checks about once a second. Checks closer together than this share one look. */
const SHARED_FOR_MS = 250;
/**
 * Slots that are being measured are looked at one after another. This time is short beside a measurement, which takes a
 * second or more.
 */
const SHARED_BY_SLOTS_MS = 20;
/**
 * How long the groups of other processes are remembered, so that a look reads no more of them than their numbers. This
 * is safe, because a process joins our groups only by being born in them.
 */
const OTHERS_KNOWN_FOR_MS = 30_000;
/** `ps` takes milliseconds. One that hangs must not stop the checks. */
const PS_TIMEOUT_MS = 5_000;
const PS_MAX_BYTES = 4 * 1024 * 1024;
/**
 * USER_HZ, the unit of times in /proc, on every architecture that Node.js runs on.
 * https://man7.org/linux/man-pages/man7/time.7.html
 */
const TICK_MS = 10;
const NANOSECONDS_PER_MS = 1e6;

interface Group {
  readonly pids: string[];
  /** The processor time so far of the group's processes and of the children that they have waited for. */
  ranMs: number;
  /** Filled only by `ps`; on Linux memory is read when it is asked for. */
  memoryBytes: number;
}

type Table = ReadonlyMap<number, Group>;

let last: { readonly atMs: number; readonly table: Promise<Table> } | undefined;
const askedFor = new Set<number>();
/** The processes of groups that nobody asked for. */
let others: { readonly sinceMs: number; readonly pids: Set<string> } = { sinceMs: -Infinity, pids: new Set() };

/** Returns bytes; 0 when the group has no process. Memory that processes share is counted for each. */
export async function groupMemoryBytes(group: number): Promise<number> {
  return memoryOf((await tableOf(group, SHARED_FOR_MS)).get(group));
}

async function tableOf(group: number, sharedForMs: number): Promise<Table> {
  const nowMs = performance.now();
  if (!askedFor.has(group)) {
    askedFor.add(group);
    others.pids.clear();
    last = undefined;
  }
  if (last === undefined || nowMs - last.atMs > sharedForMs) last = { atMs: nowMs, table: look() };
  return last.table;
}

/** Forgets a group that has ended, because its number may be used again. */
export function forgetGroup(group: number): void {
  askedFor.delete(group);
}

/**
 * The milliseconds so far on a core, or waiting for one: the time that the model would use if it had the machine for
 * itself. Undefined when the group has no process; rejects where it cannot be known.
 */
export async function groupUsage(
  group: number,
): Promise<{ readonly cpuMs: number; readonly memoryBytes: number } | undefined> {
  const found = (await tableOf(group, SHARED_BY_SLOTS_MS)).get(group);
  if (found === undefined) return undefined;
  const waitedMs = isLinux ? found.pids.reduce((sum, pid) => sum + waitedForCoreMs(pid), 0) : 0;
  return { cpuMs: found.ranMs + waitedMs, memoryBytes: memoryOf(found) };
}

const isLinux = process.platform === 'linux';

const look = async (): Promise<Table> => (isLinux ? fromProc() : fromPs());

function fromProc(): Table {
  const table = new Map<number, Group>();
  const nowMs = performance.now();
  const before = nowMs - others.sinceMs < OTHERS_KNOWN_FOR_MS ? others : { sinceMs: nowMs, pids: new Set<string>() };
  const known = { sinceMs: before.sinceMs, pids: new Set<string>() };
  others = known;
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    if (before.pids.has(pid)) {
      known.pids.add(pid);
      continue;
    }
    try {
      // The fields after the name in brackets are state, parent, group and so on. From the 12th on they are user and
      // system time, then those of waited children. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ', 15);
      const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
      const group = Number(fields[2]);
      if (askedFor.has(group)) add(table, group, { pids: [pid], ranMs: ticks * TICK_MS, memoryBytes: 0 });
      else known.pids.add(pid);
    } catch {
      // The process ended meanwhile.
    }
  }
  return table;
}

function memoryOf(group: Group | undefined): number {
  if (group === undefined) return 0;
  return group.pids.reduce((sum, pid) => sum + residentBytes(pid), group.memoryBytes);
}

function residentBytes(pid: string): number {
  try {
    // `stat` counts pages, whose size differs between machines.
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/**
 * The time that living threads waited for a core. The file's fields are time on a core, time waiting for one, and
 * turns. https://docs.kernel.org/scheduler/sched-stats.html
 */
function waitedForCoreMs(pid: string): number {
  let waited = 0;
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const [, ready] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ', 2);
      waited += Number(ready) / NANOSECONDS_PER_MS;
    }
  } catch {
    // The process ended, or the kernel does not count the wait. The time on a core counts all the same.
  }
  return waited;
}

async function fromPs(): Promise<Table> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pgid=,rss=,time='], {
    timeout: PS_TIMEOUT_MS,
    maxBuffer: PS_MAX_BYTES,
  });
  const table = new Map<number, Group>();
  for (const line of stdout.split('\n')) {
    const [group, kilobytes, time] = line.trim().split(/\s+/);
    if (group === undefined || kilobytes === undefined || time === undefined) continue;
    add(table, Number(group), { pids: [], ranMs: psTimeMs(time), memoryBytes: Number(kilobytes) * 1024 });
  }
  return table;
}

/** Parses `[[days-]hours:]minutes:seconds`, on some systems with hundredths. */
export function psTimeMs(text: string): number {
  const [clock = '', days = '0'] = text.split('-').reverse();
  const seconds = clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
  return (Number(days) * 86_400 + seconds) * 1000;
}

function add(table: Map<number, Group>, group: number, { pids, ranMs, memoryBytes }: Group): void {
  const known = table.get(group);
  if (known === undefined) {
    table.set(group, { pids, ranMs, memoryBytes });
    return;
  }
  known.pids.push(...pids);
  known.ranMs += ranMs;
  known.memoryBytes += memoryBytes;
}
