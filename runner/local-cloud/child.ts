/**
 * Starts a local cloud as a child process, which is reached over HTTP only.
 *
 * Invariants:
 * - A local cloud never outlives its owner. The owner holds its standard input, and it ends when that closes, however the owner ends. An owner
 *   may hand it over to another process together with its pipes (keep-up.ts).
 * - A local cloud has a process group of its own. Ctrl-C in the terminal reaches only the owner, which then ends the cloud in order.
 * - A local cloud keeps its queues, buckets and instances in a temporary directory of its own, which it removes at its end. With a data directory,
 *   its buckets outlive it there.
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

/** Another local cloud uses the data directory. */
export class DataInUse extends Error {
  override readonly name = 'DataInUse';
}

/** The exit code of a local cloud whose data directory is in use (local/main.ts). */
const EXIT_IN_USE = 3;

export interface LocalCloud {
  readonly address: LocalCloudAddress;
  /** Resolves when the process has ended, with how it ended: `exited with code 1`, `was ended by SIGKILL`. */
  readonly ended: Promise<string>;
  /** The standard input, output and error of the process. The holder of the first is the owner. */
  readonly pipes: readonly [Writable, Readable, Readable];
  /** Ends the cloud and all its instances. Resolves when its process is gone. */
  end(): Promise<void>;
}

/** A start takes a fraction of a second, and much longer on a busy machine. */
const READY_WITHIN_MS = 30_000;
/** The cloud ends its instances first, and each gets a moment. A cloud that takes longer than this is killed. */
const END_WITHIN_MS = 10_000;
/** The last part of what the process printed, which shows why it ended. */
const KEPT_LOG_BYTES = 16_384;

export interface LocalCloudStart {
  readonly mainFile: string;
  readonly options: LocalCloudOptions;
  /** The directory in which its buckets outlive it. Without it they end with the cloud. */
  readonly data?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

export async function startLocalCloud(start: LocalCloudStart): Promise<LocalCloud> {
  start.signal.throwIfAborted();
  const data = start.data === undefined ? [] : ['--data', start.data];
  const child = spawn(process.execPath, [start.mainFile, ...localCloudArguments(start.options), ...data], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: localEnvironment(start.env),
    detached: true,
  });
  // The pipe breaks when the child ends first. `ended` reports that.
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
    if (child.exitCode === EXIT_IN_USE) throw new DataInUse(log().trim(), { cause: error });
    throw error;
  }
}

/** In the process that adopts a cloud, the cloud's pipes follow the three of the process itself. */
const ADOPTED_DESCRIPTORS = { stdin: 3, stdout: 4, stderr: 5 } as const;

/** Returns a cloud that another process started and handed over to this one. */
export function adoptedCloud(address: LocalCloudAddress): LocalCloud {
  const stdin = new net.Socket({ fd: ADOPTED_DESCRIPTORS.stdin, readable: true, writable: true });
  const stdout = new net.Socket({ fd: ADOPTED_DESCRIPTORS.stdout, readable: true });
  const stderr = new net.Socket({ fd: ADOPTED_DESCRIPTORS.stderr, readable: true });
  for (const pipe of [stdin, stdout, stderr]) pipe.on('error', () => undefined); // `ended` reports the end.
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
    // The process has ended in the meantime.
  }
}

/** Reads the line that the cloud prints when it is ready. */
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
        fail(`printed a line that is not its address: ${text.slice(0, newline)}`);
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
