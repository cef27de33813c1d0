/** Finds the instance's Python interpreter, and asks it what it is. */
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { DEFAULT_PATH } from '../process/child-environment.js';
import { runCommand } from '../process/run-command.js';
import type { Clock } from '../ports.js';

export interface Interpreter {
  /** The path of the program itself: what the PATH leads to may be a script that chooses one, as pyenv's are. */
  readonly executable: string;
  /** The two numbers of the version, such as `3.13`. */
  readonly version: string;
  /** The name of the architecture as uv spells it. */
  readonly machine: string;
  /** The name of the system as Python spells it: `linux`, `darwin`. */
  readonly system: string;
}

interface Where {
  /** The path that was configured. */
  readonly python?: string | undefined;
  readonly workerEnv?: Readonly<Record<string, string | undefined>> | undefined;
}

/** Returns the path of the instance's own interpreter: the configured one, else `python3` on the PATH. */
export function instancePython({ python, workerEnv = process.env }: Where): string | undefined {
  const folders = (workerEnv['PATH'] ?? DEFAULT_PATH).split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  const candidates = python === undefined ? folders.map((folder) => path.join(folder, 'python3')) : [python];
  return candidates.find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const MARK = 'spotpool-python';
const ASK =
  'import platform, sys; ' +
  `print("${MARK}", "%d.%d" % sys.version_info[:2], platform.machine() or "unknown", sys.platform, sys.executable)`;
/** A cold disk needs seconds for the first start of an interpreter. */
const ASK_TIMEOUT_MS = 60_000;

export interface AskOptions {
  readonly python: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Returns the interpreter, or what its start printed instead. */
export async function askInterpreter({ python, ...options }: AskOptions): Promise<Interpreter | string> {
  // Isolated mode (-I) keeps files of the current directory from being imported.
  const argv = [python, '-I', '-c', ASK];
  const end = await runCommand({ ...options, argv, timeoutMs: ASK_TIMEOUT_MS, onLog: () => undefined });
  const line = end.lastLines.find((one) => one.startsWith(`${MARK} `)) ?? '';
  const [, version, machine, system, executable] = /^\S+ (\S+) (\S+) (\S+) (.+)$/.exec(line) ?? [];
  if (!end.ok || version === undefined || machine === undefined || system === undefined || executable === undefined) {
    return `${end.how}${end.lastLines.length === 0 ? '' : `: ${end.lastLines.join(' ')}`}`;
  }
  return { executable, version, machine: uvName(machine), system };
}

const uvName = (machine: string): string => ({ arm64: 'aarch64', amd64: 'x86_64' })[machine.toLowerCase()] ?? machine;

/**
 * Tells whether wheels for the platform can fit the interpreter: its architecture and its system. Which C library a
 * wheel needs is in the name of each wheel, and the installer compares it.
 */
export function fitsPlatform({ machine, system }: Interpreter, platform: string): boolean {
  const [, architecture] = /^(x86_64|aarch64|arm64|i686|ppc64le|s390x|riscv64)-/.exec(platform) ?? [];
  if (architecture !== undefined && uvName(architecture) !== machine) return false;
  if (/linux/.test(platform)) return system === 'linux';
  if (/darwin|macos/.test(platform)) return system === 'darwin';
  if (/windows/.test(platform)) return system === 'win32';
  return true;
}
