/**
 * What one instance is on this machine: a disk, a metadata address, the processes of its user data, a console. The local cloud gives one
 * to each of its instances; `spotpool emulator host` to each instance of an EC2 that keeps records only.
 *
 * Invariants:
 * - There is one way down (`end`), taken once; a second call can only hurry it (SIGKILL now).
 * - When `end` has resolved, no process is left, the metadata port is closed and the disk is gone. The console stays, and can be read.
 * - While there are processes, the watchdog knows of them.
 */
import { rmSync } from 'node:fs';
import type { MetadataSubject } from '../imds/documents.js';
import { diskTrouble } from '../disk-trouble.js';
import { type MetadataServer, startMetadataServer } from '../imds/metadata-server.js';
import { ConsoleLog } from './console-log.js';
import { type InstanceProcess, startInstanceProcess } from './instance-process.js';
import { makePrivateDirectory } from './private-files.js';
import type { Watchdog } from './watchdog.js';

/** Between SIGTERM and SIGKILL when an instance is terminated: real time, as processes live in it. */
export const TERMINATE_GRACE_MS = 3_000;

export interface InstanceRuntimeOptions {
  /** What its metadata tells, at any moment. */
  readonly subject: MetadataSubject;
  readonly region: string;
  /** Its disk: made at the start, removed at the end. Above it, nothing may be a link. */
  readonly directory: string;
  readonly consoleFile: string;
  readonly watchdog: Watchdog;
  /** The first process has ended, by itself or not: says how. What it left behind still runs: whoever started the instance ends it. */
  readonly onLeaderEnded: (how: string) => void;
}

export class InstanceRuntime {
  readonly #hurry = new AbortController();
  #console: ConsoleLog | undefined;
  #metadata: MetadataServer | undefined;
  #process: InstanceProcess | undefined;
  /** The way up. */
  #starting: Promise<void> | undefined;
  /** The way down, once it is taken. */
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

  /** The last output; undefined before the start. */
  consoleOutput(): Buffer | undefined {
    return this.#console?.read();
  }

  /** Rejects when the user data cannot be run, which the console tells as well; `end` is called all the same. */
  start(): Promise<void> {
    const { directory } = this.#options;
    this.#starting ??= this.#up().catch((error: unknown) => {
      const why = diskTrouble(error, directory) ?? (error instanceof Error ? error.message : String(error));
      this.#console?.write(Buffer.from(`${why}\n`));
      throw error;
    });
    return this.#starting;
  }

  /** SIGTERM, then SIGKILL after `graceMs`: at once when that is 0. */
  end(graceMs: number): Promise<void> {
    if (graceMs === 0) this.#hurry.abort();
    this.#ending ??= this.#down(graceMs);
    return this.#ending;
  }

  /** The instance is forgotten: its console goes too. */
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
    this.#process = await startInstanceProcess({
      directory,
      userData: subject.spec.userData,
      environment: this.#metadata.environment,
      console: this.#console,
    });
    watchdog.watch(this.#process.family);
    void this.#process.leaderEnded.then(this.#options.onLeaderEnded);
  }

  /** It may have been asked for during an await, which a type checker does not see. */
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

  /** As a root volume goes with its instance. */
  #removeDisk(): void {
    const { directory } = this.#options;
    try {
      rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
    } catch (error) {
      // Files left behind are no reason to end everything else: whatever is above them is removed in the end.
      this.#console?.write(Buffer.from(`${directory} could not be removed: ${String(error)}\n`));
    }
  }
}
