/**
 * A local cloud as a child process, reached over HTTP only.
 *
 * Invariants:
 * - It never outlives its owner: the owner holds its standard input, and it ends when that closes, however the owner ends. An owner may give
 *   it to another process, with its pipes (keep-up.ts).
 * - It is in a process group of its own, so that Ctrl-C in the terminal reaches the owner alone, which ends it in order.
 * - Its directory (queues, buckets, instances) is a temporary one of its own, which goes with it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import net from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { type LocalCloudOptions, localCloudArguments, localEnvironment } from './options.js';

export interface LocalCloudAddress {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly pid: number;
}

export interface LocalCloud {
  readonly address: LocalCloudAddress;
  /** Resolves when the process has ended, for whatever reason; says which. */
  readonly ended: Promise<string>;
  /** Its standard input, output and errors: whoever holds the first owns it. */
  readonly pipes: readonly [Writable, Readable, Readable];
  /** Ends it with all its instances, and waits until it is gone. */
  end(): Promise<void>;
}

/** Starting takes a fraction of a second; a busy machine gets much more. */
const READY_WITHIN_MS = 30_000;
/** It ends its instances first (they get a moment each); after that it is killed. */
const END_WITHIN_MS = 10_000;
/** Enough of what it printed to see why it ended. */
const KEPT_LOG_BYTES = 16_384;

export interface LocalCloudStart {
  readonly mainFile: string;
  readonly options: LocalCloudOptions;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

export async function startLocalCloud(start: LocalCloudStart): Promise<LocalCloud> {
  start.signal.throwIfAborted();
  const child = spawn(process.execPath, [start.mainFile, ...localCloudArguments(start.options)], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: localEnvironment(start.env),
    detached: true,
  });
  // The pipe breaks when the child ends first: that is seen by `ended`.
  child.stdin.on('error', () => undefined);
  const log = keepTail(child);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) => resolve(signal ? `was ended by ${signal}` : `exited with code ${code ?? 0}`));
  });
  const end = async (): Promise<void> => {
    child.stdin.end();
    child.kill('SIGTERM');
    const killer = setTimeout(() => child.kill('SIGKILL'), END_WITHIN_MS);
    await ended;
    clearTimeout(killer);
  };
  try {
    const address = await readAddress(child, ended, log, start.signal);
    return { address, ended, end, pipes: [child.stdin, child.stdout, child.stderr] };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Where an adopted cloud's pipes are in the process that adopts it: behind its own three. */
const ADOPTED_DESCRIPTORS = { stdin: 3, stdout: 4, stderr: 5 } as const;

/** A cloud that another process started, and gave to this one with its pipes. */
export function adoptedCloud(address: LocalCloudAddress): LocalCloud {
  const stdin = new net.Socket({ fd: ADOPTED_DESCRIPTORS.stdin, readable: true, writable: true });
  const stdout = new net.Socket({ fd: ADOPTED_DESCRIPTORS.stdout, readable: true });
  const stderr = new net.Socket({ fd: ADOPTED_DESCRIPTORS.stderr, readable: true });
  for (const pipe of [stdin, stdout, stderr]) pipe.on('error', () => undefined); // `ended` tells
  stdout.resume();
  stderr.pipe(process.stderr, { end: false });
  const ended = new Promise<string>((resolve) => stdin.once('close', () => resolve('ended')));
  stdin.resume();
  const end = async (): Promise<void> => {
    signalProcess(address.pid, 'SIGTERM');
    const killer = setTimeout(() => signalProcess(address.pid, 'SIGKILL'), END_WITHIN_MS);
    await ended;
    clearTimeout(killer);
  };
  return { address, ended, end, pipes: [stdin, stdout, stderr] };
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}

/** The one line that it prints when all is ready. */
async function readAddress(
  child: ChildProcess,
  ended: Promise<string>,
  log: () => string,
  signal: AbortSignal,
): Promise<LocalCloudAddress> {
  let text = '';
  const timeout = AbortSignal.timeout(READY_WITHIN_MS);
  return await new Promise<LocalCloudAddress>((resolve, reject) => {
    const fail = (what: string): void => reject(new Error(`The local cloud ${what}.\n${log()}`.trimEnd()));
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const newline = text.indexOf('\n');
      if (newline < 0) return;
      try {
        resolve(JSON.parse(text.slice(0, newline)) as LocalCloudAddress);
      } catch {
        fail(`printed what is not its address: ${text.slice(0, newline)}`);
      }
    });
    void ended.then((how) => fail(`${how} before it was ready`));
    timeout.addEventListener('abort', () => fail(`was not ready within ${READY_WITHIN_MS / 1000} s`), { once: true });
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

function keepTail(child: ChildProcess): () => string {
  let tail = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    tail = (tail + chunk.toString()).slice(-KEPT_LOG_BYTES);
  });
  return () => tail;
}
