/**
 * The processes of one instance. Its user data runs as a session of its own in the instance's directory. Its
 * environment holds nothing of the cloud's but the way to the metadata, and PATH, without which nothing could run.
 */
import { spawn } from 'node:child_process';
import { realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ConsoleLog } from './console-log.js';
import { killAll, signalAll } from './kill.js';
import { PRIVATE_PROGRAM } from './private-files.js';
import { membersOf, type ProcessFamily, processTable, startTicksOf } from './process-table.js';
import { bootCommand } from './user-data.js';

export interface InstanceProcess {
  readonly family: ProcessFamily;
  /** Resolves with an explanation when the first process has ended. */
  readonly leaderEnded: Promise<string>;
  /**
   * Sends SIGTERM to all processes, and SIGKILL after `graceMs` or when `signal` aborts. Resolves when none is
   * left.
   */
  end(graceMs: number, signal: AbortSignal): Promise<void>;
}

export interface InstanceProcessOptions {
  readonly directory: string;
  readonly userData: Buffer;
  /** A folder of programs that the instance's image would have. It comes first on the PATH. */
  readonly programs: string | undefined;
  /** Environment variables that lead to the instance's metadata. */
  readonly environment: Readonly<Record<string, string>>;
  readonly console: ConsoleLog;
  /** Called in the turn in which the first process was started, so that no kill of the cloud comes in between. */
  readonly onStarted: (family: ProcessFamily) => void;
}

/** Each poll reads the process table. */
const POLL_MS = 50;

export async function startInstanceProcess(options: InstanceProcessOptions): Promise<InstanceProcess> {
  const directory = realpathSync(options.directory);
  const script = path.join(directory, 'user-data');
  writeFileSync(script, options.userData, { mode: PRIVATE_PROGRAM });
  const [command = 'sh', ...args] = bootCommand(options.userData, script);
  const child = spawn(command, args, {
    cwd: directory,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...environment(directory, options.programs), ...options.environment },
  });
  const startTicks = child.pid === undefined ? 0 : startTicksOf(child.pid); // The start time is read immediately, because the process cannot have been reaped yet.
  const family: ProcessFamily = { leader: child.pid ?? 0, startTicks, directory };
  if (child.pid !== undefined) options.onStarted(family);
  const leaderEnded = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ? `was ended by ${signal}` : `exited with code ${code ?? 0}`));
    child.once('error', (error) => resolve(error.message));
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes: Buffer) => options.console.write(bytes));
    stream.on('error', () => undefined);
  }
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) => reject(new Error(`The user data cannot be run by ${command}: ${error.message}`)));
  });
  return {
    family,
    leaderEnded,
    end: async (graceMs, signal) => {
      await terminate(family, graceMs, signal);
      if (await killAll(family)) await leaderEnded;
      else options.console.write(Buffer.from('Some processes of this instance could not be killed.\n'));
      for (const stream of [child.stdout, child.stderr]) stream.destroy();
    },
  };
}

/** Ends the processes gracefully; some may still be there afterwards. */
async function terminate(family: ProcessFamily, graceMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted || graceMs <= 0) return;
  const deadlineMs = Date.now() + graceMs;
  for (let left = signalAll(family, 'SIGTERM'); left > 0 && Date.now() < deadlineMs && !signal.aborted;) {
    await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
    left = membersOf(family, processTable()).length;
  }
}

function environment(home: string, programs: string | undefined): Record<string, string> {
  const system = (process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin').split(path.delimiter);
  const inherited = programs === undefined ? system : [programs, ...system];
  const ownNode = path.dirname(process.execPath);
  return {
    // An image has Node. Here it is the Node that runs the local cloud.
    PATH: (inherited.includes(ownNode) ? inherited : [...inherited, ownNode]).join(path.delimiter),
    HOME: home,
    TMPDIR: home,
    LANG: 'C.UTF-8',
  };
}
