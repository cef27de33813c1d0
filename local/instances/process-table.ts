/**
 * Finds the processes of an instance. A worker's children may lead groups and sessions of their own, and outlive
 * their parent. So membership follows parents, groups and sessions; on Linux it also follows the working directory
 * and the environment (HOME is the instance's directory). A process that is older than the instance's first process
 * never belongs to the instance.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** The session id is 0 on systems that do not report it. */
  readonly session: number;
  /** Clock ticks since boot; 0 on systems that do not report them. */
  readonly startTicks: number;
  readonly zombie: boolean;
}

/** The facts that identify an instance's processes. */
export interface ProcessFamily {
  /** The pid of the first process, which leads the group and the session of the same number. */
  readonly leader: number;
  /** The start time of the first process, which tells it from a later process with the same pid. */
  readonly startTicks: number;
  /** The instance's directory, without links. */
  readonly directory: string;
}

/** A `ps` that hangs must not block the cloud. */
const PS_TIMEOUT_MS = 5_000;

export function processTable(): readonly ProcessEntry[] {
  return process.platform === 'linux' ? linuxTable() : psTable();
}

export function startTicksOf(pid: number): number {
  return process.platform === 'linux' ? (linuxEntry(pid)?.startTicks ?? 0) : 0;
}

/** Returns the living members, including the leader. */
export function membersOf(
  family: ProcessFamily,
  table: readonly ProcessEntry[],
  /** Whether a process itself shows its instance; a parameter for tests. */
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

/**
 * Parses /proc/<pid>/stat (https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html). The name is in parentheses
 * and may itself hold spaces and parentheses.
 */
function linuxEntry(pid: number): ProcessEntry | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined; // The process ended in between.
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
    return false; // The process ended in between, or belongs to another user.
  }
}
