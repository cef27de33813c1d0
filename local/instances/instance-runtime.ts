/**
 * One instance as it exists on this machine: a disk, a metadata address, the processes of its user data, and a
 * console. The local cloud gives one to each of its instances; `spotpool emulator host` gives one to each instance of
 * an EC2 that only keeps records.
 *
 * Invariants:
 * - The end (`end`) happens once; a second call can only hurry it (SIGKILL at once).
 * - When `end` has resolved, no process is left, the metadata port is closed and the disk is gone. The console
 * remains readable.
 * - While there are processes, the watchdog knows of them.
 */
import { realpathSync, rmSync } from 'node:fs';
import type { MetadataSubject } from '../imds/documents.js';
import { explainDiskError } from '../disk-errors.js';
import { type MetadataServer, startMetadataServer } from '../imds/metadata-server.js';
import { ConsoleLog } from './console-log.js';
import { type InstanceProcess, startInstanceProcess } from './instance-process.js';
import { instanceTypeNamed } from '../market/instance-types.js';
import { makePrivateDirectory } from './private-files.js';
import { writeStandInGpus } from './stand-in-gpus.js';
import type { Watchdog } from './watchdog.js';

/**
 * The time between SIGTERM and SIGKILL when an instance is terminated. It is real time, because processes live in
 * real time.
 */
export const TERMINATE_GRACE_MS = 3_000;

export interface InstanceRuntimeOptions {
  /** The data that the metadata service answers from. */
  readonly subject: MetadataSubject;
  readonly region: string;
  /** The instance's disk: created at the start and removed at the end. No directory above it may be a link. */
  readonly directory: string;
  readonly consoleFile: string;
  readonly watchdog: Watchdog;
  /**
   * Called with an explanation when the first process has ended, whatever the cause. Processes that it left behind
   * still run; the instance's owner must end them.
   */
  readonly onLeaderEnded: (how: string) => void;
}

export class InstanceRuntime {
  readonly #hurry = new AbortController();
  #console: ConsoleLog | undefined;
  #metadata: MetadataServer | undefined;
  #process: InstanceProcess | undefined;
  /** It is set once the start has begun. */
  #starting: Promise<void> | undefined;
  /** It is set once the end has begun. */
  #ending: Promise<void> | undefined;

  readonly #options: InstanceRuntimeOptions;

  constructor(options: InstanceRuntimeOptions) {
    this.#options = options;
  }

  get metadataEndpoint(): string | undefined {
    return this.#metadata?.endpoint;
  }

  get pid(): number | undefined {
    return this.#process?.family.leader;
  }

  /** Returns the last output; undefined before the start. */
  consoleOutput(): Buffer | undefined {
    return this.#console?.read();
  }

  /** Rejects when the user data cannot be run; the console says so as well. `end` must be called even then. */
  start(): Promise<void> {
    const { directory } = this.#options;
    this.#starting ??= this.#up().catch((error: unknown) => {
      const why = explainDiskError(error, directory) ?? (error instanceof Error ? error.message : String(error));
      this.#console?.write(Buffer.from(`${why}\n`));
      throw error;
    });
    return this.#starting;
  }

  /** Sends SIGTERM, then SIGKILL after `graceMs`; SIGKILL comes immediately when that is 0. */
  end(graceMs: number): Promise<void> {
    if (graceMs === 0) this.#hurry.abort();
    this.#ending ??= this.#down(graceMs);
    return this.#ending;
  }

  /** Removes the console as well, once the instance is forgotten. */
  removeConsole(): void {
    rmSync(this.#options.consoleFile, { force: true });
  }

  async #up(): Promise<void> {
    const { subject, region, directory, consoleFile, watchdog } = this.#options;
    if (this.#ending !== undefined) return;
    this.#console = new ConsoleLog(consoleFile);
    makePrivateDirectory(directory);
    this.#metadata = await startMetadataServer({ instance: subject, region });
    if (this.#isEnding()) return;
    const gpus = instanceTypeNamed(subject.spec.instanceType)?.gpus;
    this.#process = await startInstanceProcess({
      directory,
      programs: gpus && writeStandInGpus(realpathSync(directory), gpus),
      userData: subject.spec.userData,
      environment: this.#metadata.environment,
      console: this.#console,
      onStarted: (family) => watchdog.watch(family),
    });
    void this.#process.leaderEnded.then(this.#options.onLeaderEnded);
  }

  /** The end may begin during an await, which a type checker does not see. */
  #isEnding(): boolean {
    return this.#ending !== undefined;
  }

  async #down(graceMs: number): Promise<void> {
    await this.#starting?.catch(() => undefined);
    if (this.#process !== undefined) {
      await this.#process.end(graceMs, this.#hurry.signal);
      this.#options.watchdog.forget(this.#process.family);
    }
    await this.#metadata?.close();
    this.#removeDisk();
    this.#console?.close();
    this.#process = undefined;
    this.#metadata = undefined;
  }

  /** A root volume is deleted with its instance, as on AWS. */
  #removeDisk(): void {
    const { directory } = this.#options;
    try {
      rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
    } catch (error) {
      // Files left behind must not stop the rest of the end: the directory above them is removed with the cloud.
      this.#console?.write(Buffer.from(`${directory} could not be removed: ${String(error)}\n`));
    }
  }
}
