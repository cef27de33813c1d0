/** Reads the resources that a process has used, as Linux reports them. */
import { readdirSync, readFileSync } from 'node:fs';

/** This is the kernel's unit of CPU time for programs, on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

export function requireProc(): void {
  try {
    readFileSync('/proc/self/stat');
  } catch {
    throw new Error('This benchmark measures processes through /proc, so it needs Linux.');
  }
}

export function cpuSecondsOf(pid: number): number {
  const [userTicks, systemTicks] = fieldsOf(pid).slice(11, 13).map(Number);
  return ((userTicks ?? 0) + (systemTicks ?? 0)) / TICKS_PER_SECOND;
}

export const ownCpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

export const residentBytesOf = (pid: number): number => statusBytes(pid, 'VmRSS');

/** Returns the peak of its resident memory. */
export const mostResidentBytesOf = (pid: number): number => statusBytes(pid, 'VmHWM');

function statusBytes(pid: number, name: string): number {
  const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

export const openFilesOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

/** Returns descendants of any depth. */
export function descendantsOf(pid: number): readonly number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        return [{ pid: Number(name), parent: Number(fieldsOf(Number(name))[1]) }];
      } catch {
        return []; // The process ended meanwhile.
      }
    });
  const found: number[] = [];
  const below = (parent: number): void => {
    for (const child of parents.filter((candidate) => candidate.parent === parent)) {
      found.push(child.pid);
      below(child.pid);
    }
  };
  below(pid);
  return found;
}

/** Returns the fields from the state on; the name before it may contain spaces and parentheses. */
function fieldsOf(pid: number): readonly string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}
