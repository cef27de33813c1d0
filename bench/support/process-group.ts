/**
 * Programs that a benchmark starts. Each is a process group of its own, so that its end is the end of everything it
 * started. Invariant: none of them outlives this process, however a user ends it (`endOnSignals`).
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { definedFields } from '../../core/defined-fields.js';

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Opens a channel for messages to a Node program. */
  readonly ipc?: boolean;
  /** A command that ends processes that outlive the program, such as a container that outlives its client. */
  readonly afterwards?: readonly [string, ...string[]];
}

export interface ProcessGroup {
  readonly pid: number;
  readonly child: ChildProcess;
  /** Returns the end of its output, for error messages. */
  readonly output: () => string;
  /** Returns its standard output so far. */
  readonly stdout: () => string;
  readonly hasEnded: () => boolean;
  stop(): Promise<void>;
}

/** Programs flush and clean up within this time; after it they are killed. */
const STOP_GRACE_MS = 10_000;
/** A program that logs each request must not fill this process's memory. */
const MOST_OUTPUT_CHARACTERS = 64 * 1024;

const groups = new Set<ProcessGroup>();
let isOver = false;

export function startGroup(command: Command): ProcessGroup {
  if (isOver) throw new Error(`${command.file} cannot be started, because everything has been stopped.`);
  const child = spawn(command.file, command.args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', ...(command.ipc === true ? (['ipc'] as const) : [])],
    env: { ...cleanEnvironment(process.env), ...command.env },
    ...definedFields({ cwd: command.cwd }),
  });
  let output = '';
  let stdout = '';
  const keep = (text: string): string => text.slice(-MOST_OUTPUT_CHARACTERS);
  child.stdout?.on('data', (bytes: Buffer) => {
    stdout = keep(stdout + bytes.toString());
    output = keep(output + bytes.toString());
  });
  child.stderr?.on('data', (bytes: Buffer) => (output = keep(output + bytes.toString())));
  let hasEnded = false;
  const ended = new Promise<void>((resolve) => {
    const end = (error?: unknown): void => {
      if (error instanceof Error) output += error.message;
      hasEnded = true;
      resolve();
    };
    child.once('exit', () => end()).once('error', end);
  });
  const group: ProcessGroup = {
    pid: child.pid ?? 0,
    child,
    output: () => output,
    stdout: () => stdout,
    hasEnded: () => hasEnded,
    stop: async () => {
      signalGroup(child.pid, 'SIGTERM');
      const patience = new AbortController();
      await Promise.race([ended, delay(STOP_GRACE_MS, undefined, { signal: patience.signal }).catch(() => undefined)]);
      patience.abort();
      signalGroup(child.pid, 'SIGKILL');
      if (child.pid !== undefined) await ended;
      const [file, ...args] = command.afterwards ?? [];
      if (file !== undefined && groups.has(group)) spawnSync(file, args, { timeout: STOP_GRACE_MS });
      groups.delete(group);
    },
  };
  groups.add(group);
  return group;
}

/**
 * Must be called first, and once: Ctrl-C and SIGTERM stop all groups, then this process. A second signal changes
 * nothing, because `stop` has a time limit.
 */
export function endOnSignals(): void {
  let isEnding = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (isEnding) return;
      isEnding = true;
      void stopAll().finally(() => process.exit(128 + os.constants.signals[signal]));
    });
  }
}

/** Must be the last call of a program: no group can be started after it. */
export async function stopAll(): Promise<void> {
  isOver = true;
  await stopStarted();
}

export async function stopStarted(): Promise<void> {
  await Promise.all([...groups].map((group) => group.stop()));
}

export async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Waits until the endpoint gives any answer over HTTP. */
export async function answering(group: ProcessGroup, endpoint: string, timeoutMs: number): Promise<void> {
  const deadlineMs = Date.now() + timeoutMs;
  while (!(await answers(endpoint))) {
    if (group.hasEnded()) throw new Error(`it ended before it answered: ${lastLines(group.output())}`);
    if (Date.now() > deadlineMs) throw new Error(`it did not answer within ${timeoutMs / 1_000} s`);
    await delay(100);
  }
}

function answers(endpoint: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = http.get(endpoint, { agent: false, timeout: 2_000 }, (response) => {
      response.resume();
      resolve(true);
    });
    request.once('timeout', () => request.destroy()).once('error', () => resolve(false));
  });
}

export const lastLines = (text: string): string => text.trim().split('\n').slice(-3).join(' / ');

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // The group has ended.
  }
}

/**
 * A benchmark's programs must not reach a user's AWS account, or be configured by its variables. `npm run` also
 * tells its children their project, which would be wrong for a peer.
 */
function cleanEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const isKept = (name: string): boolean =>
    name.includes('WARNING') || !/^(AWS_|npm_(config_local_prefix$|package_|lifecycle_))/i.test(name);
  return Object.fromEntries(Object.entries(env).filter(([name]) => isKept(name)));
}
