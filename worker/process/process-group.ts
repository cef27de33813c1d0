/**
 * Runs a command as a process group of its own, so that it is ended with everything that it started.
 *
 * Invariants:
 * - The group never outlives the worker. A guard in the group reads a pipe that only the worker holds, and kills the
 *   group when the pipe closes, however the worker ended. (A model that hangs at 100 % CPU notices nothing by itself.)
 * - `ended` resolves once the command has ended, its group was killed and its output was read to the end.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Readable, Writable } from 'node:stream';
import { forgetGroup, groupMemoryBytes, groupUsage } from './group-usage.js';
import { ANSWERS_FD, ITEMS_FD } from './host-channel.js';
import type { LineProcess, LineProcessOptions, ProcessUsage } from './line-process.js';

/** The time between SIGTERM and SIGKILL: enough for `docker run` to pass the signal on, and short beside any notice. */
const STOP_GRACE_MS = 1_000;
/**
 * A daemon that left the group may hold the pipes open for ever. They are read no longer than this after the command's
 * end.
 */
const LAST_OUTPUT_MS = 1_000;

const GUARD = '(trap "" TERM; read -r closed <&3; kill -s KILL 0) </dev/null >/dev/null 2>&1 &';
const AS_COMMAND = `${GUARD} exec 3<&-; exec "$@"`;
/**
 * The pipes of standard input and output become the host's own channel. Its standard input is empty, and what it prints
 * is its log.
 */
const AS_HOST = `${GUARD} exec ${ITEMS_FD}<&0 ${ANSWERS_FD}>&1 </dev/null >&2; exec "$@"`;

export class ProcessGroup implements LineProcess {
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  readonly #streams: readonly (Readable | Writable)[];
  #gone = false;

  constructor(options: LineProcessOptions) {
    this.#child = spawn('/bin/sh', ['-c', options.isHost === true ? AS_HOST : AS_COMMAND, 'slot', ...options.argv], {
      cwd: options.cwd,
      env: options.env,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    });
    this.#streams = this.#child.stdio.filter((stream) => stream !== null && stream !== undefined);
    // A broken pipe only means that the command has ended, which `ended` reports.
    for (const stream of this.#streams) stream.on('error', () => undefined);
    this.#child.stdout?.on('data', options.onStdout);
    this.#child.stderr?.on('data', options.onStderr);
    this.ended = this.#end();
  }

  /** Undefined when the command could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  get stdin(): Writable {
    const [stdin] = this.#child.stdio;
    if (stdin === null) throw new Error('The standard input is a pipe.');
    return stdin;
  }

  async write(text: string, signal: AbortSignal): Promise<void> {
    const { stdin } = this;
    if (stdin.destroyed || stdin.write(text)) return;
    // The wait ends at the first of the two.
    await once(stdin, 'drain', { signal }).catch(() => undefined);
  }

  async usage(): Promise<ProcessUsage | undefined> {
    return this.pid === undefined ? undefined : groupUsage(this.pid);
  }

  async memoryBytes(): Promise<number> {
    return this.pid === undefined ? 0 : groupMemoryBytes(this.pid);
  }

  kill(signal: 'SIGTERM' | 'SIGKILL'): void {
    // Once the group is gone, its number may be used by another one.
    if (this.#gone || this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // No process is left in the group.
    }
  }

  destroy(): void {
    this.#child.stdout?.destroy();
    this.kill('SIGKILL');
  }

  async stop(): Promise<void> {
    this.stdin.end();
    this.kill('SIGTERM');
    const timer = setTimeout(() => {
      this.kill('SIGKILL');
    }, STOP_GRACE_MS);
    await this.ended;
    clearTimeout(timer);
  }

  async #end(): Promise<string> {
    const closed = new Promise((resolve) => this.#child.once('close', resolve));
    const how = await new Promise<string>((resolve) => {
      this.#child.once('error', (error) => {
        resolve(`could not be started: ${error.message}`);
      });
      this.#child.once('exit', (code, signal) => {
        resolve(signal === null ? `exit code ${code ?? 'unknown'}` : `signal ${signal}`);
      });
    });
    this.kill('SIGKILL');
    this.#gone = true;
    const read = new AbortController();
    await Promise.race([closed, delay(LAST_OUTPUT_MS, undefined, { signal: read.signal }).catch(() => undefined)]);
    read.abort();
    for (const stream of this.#streams) stream.destroy();
    if (this.pid !== undefined) forgetGroup(this.pid);
    return how;
  }
}
