/**
 * Which processes belong to an instance. A worker's children may lead groups and sessions of their own, and outlive their
 * parent; so membership is closed over parents, groups and sessions, and on Linux also found by working directory and by
 * environment (HOME is the instance's directory). Nothing older than the instance's own first process ever belongs to it.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** 0 where the system does not tell. */
  readonly session: number;
  /** Clock ticks since boot; 0 where the system does not tell. */
  readonly startTicks: number;
  readonly zombie: boolean;
}

/** What is known of an instance's processes. */
export interface ProcessFamily {
  /** The first process: leader of the group and session that carry its pid. */
  readonly leader: number;
  /** The first process's own start, which tells it from a later process with the same number. */
  readonly startTicks: number;
  /** The instance's directory, without links. */
  readonly directory: string;
}

/** A `ps` that hangs must not hold the cloud. */
const PS_TIMEOUT_MS = 5_000;

export function processTable(): readonly ProcessEntry[] {
  return process.platform === 'linux' ? linuxTable() : psTable();
}

export function startTicksOf(pid: number): number {
  return process.platform === 'linux' ? (linuxEntry(pid)?.startTicks ?? 0) : 0;
}

/** Living members, the leader among them. */
export function membersOf(
  family: ProcessFamily,
  table: readonly ProcessEntry[],
  /** Whether a process shows by itself whose it is; told apart for tests. */
  isMarked: (pid: number, directory: string) => boolean = isMarkedOnLinux,
): readonly number[] {
  const living = table.filter((entry) => !entry.zombie && entry.pid !== process.pid);
  const members = new Set<number>();
  for (const entry of living) {
    if (entry.startTicks < family.startTicks) continue;
    if (entry.pid === family.leader && entry.startTicks === family.startTicks) members.add(entry.pid);
    else if (entry.group === family.leader || entry.session === family.leader) members.add(entry.pid);
    else if (isMarked(entry.pid, family.directory)) members.add(entry.pid);
  }
  for (let before = -1; before !== members.size;) {
    before = members.size;
    const groups = new Set(living.filter((entry) => members.has(entry.pid)).map((entry) => entry.group));
    for (const entry of living) {
      if (entry.startTicks < family.startTicks) continue;
      if (members.has(entry.parent) || groups.has(entry.group)) members.add(entry.pid);
    }
  }
  return [...members];
}

function linuxTable(): readonly ProcessEntry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => linuxEntry(Number(name)))
    .filter((entry) => entry !== undefined);
}

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: the name is in parentheses and may hold spaces and parentheses. */
function linuxEntry(pid: number): ProcessEntry | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined; // it ended in between
  }
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]);
  return {
    pid,
    parent: field(4),
    group: field(5),
    session: field(6),
    startTicks: field(22),
    zombie: fields[0] === 'Z' || fields[0] === 'X',
  };
}

function psTable(): readonly ProcessEntry[] {
  const output = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,pgid=,stat='], {
    encoding: 'utf8',
    timeout: PS_TIMEOUT_MS,
  });
  return output
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [pid, parent, group, state = ''] = line.trim().split(/\s+/);
      return {
        pid: Number(pid),
        parent: Number(parent),
        group: Number(group),
        session: 0,
        startTicks: 0,
        zombie: state.startsWith('Z'),
      };
    });
}

function isMarkedOnLinux(pid: number, directory: string): boolean {
  if (process.platform !== 'linux') return false;
  try {
    const workingDirectory = readlinkSync(`/proc/${pid}/cwd`);
    if (workingDirectory === directory || workingDirectory.startsWith(`${directory}/`)) return true;
    return `\0${readFileSync(`/proc/${pid}/environ`, 'latin1')}`.includes(`\0HOME=${directory}\0`);
  } catch {
    return false; // it ended in between, or is another user's
  }
}
