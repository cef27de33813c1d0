/**
 * All instances of the local cloud.
 *
 * States: pending → running → shutting-down → terminated, never back. Invariants:
 * - There is one way down (`#end`), taken once; a second call can only hurry it (SIGKILL now) and does not change the reason.
 * - `terminated` is said only when no process of the instance is left and its metadata port is closed.
 * - A notice is given once, and only to an instance that is pending or running; its time is when SIGKILL comes.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Credentials } from '../http/credentials.js';
import { type MetadataServer, startMetadataServer } from '../imds/metadata-server.js';
import type { MarketClock } from '../market/clock.js';
import { ConsoleLog } from './console-log.js';
import { type InstanceView, isFulfilling, isLive, type LaunchSpec, type StateReasonCode } from './instance.js';
import { type InstanceProcess, startInstanceProcess } from './instance-process.js';
import type { Watchdog } from './watchdog.js';

/** What is left of instances that are gone, below the cloud's directory. */
export const CONSOLES = 'consoles';

/** Between SIGTERM and SIGKILL when an instance is terminated: real time, as processes live in it. */
const TERMINATE_GRACE_MS = 3_000;
/** Terminated instances stay visible (on AWS for about an hour); more than these are forgotten, the oldest first. */
const MOST_TERMINATED = 5_000;

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

interface Entry {
  readonly view: Mutable<InstanceView>;
  readonly hurry: AbortController;
  console?: ConsoleLog;
  metadata?: MetadataServer;
  process?: InstanceProcess;
  /** The way down, once it is taken. */
  ending?: Promise<void>;
  /** The way up: directory, metadata, process. */
  starting?: Promise<void>;
}

export interface InstancesOptions {
  /** Without links; instances live in directories below it. */
  readonly directory: string;
  readonly region: string;
  readonly clock: MarketClock;
  readonly watchdog: Watchdog;
  /** Knows the keys of the instances' roles. */
  readonly credentials: Credentials;
  readonly onRunning: (instance: InstanceView) => void;
  readonly onEnding: (instance: InstanceView) => void;
  readonly onTerminated: (instance: InstanceView) => void;
}

export class Instances {
  readonly #entries = new Map<string, Entry>();
  #sequence = 0;

  constructor(private readonly options: InstancesOptions) {
    mkdirSync(path.join(options.directory, 'instances'), { recursive: true });
    mkdirSync(path.join(options.directory, CONSOLES), { recursive: true });
  }

  /** In order of launch. */
  all(): readonly InstanceView[] {
    return [...this.#entries.values()].map((entry) => entry.view);
  }

  get(id: string): InstanceView | undefined {
    return this.#entries.get(id)?.view;
  }

  /** The last output; undefined if there is no such instance, or nothing has been written. */
  consoleOutput(id: string): Buffer | undefined {
    return this.#entries.get(id)?.console?.read();
  }

  /** `bootMs` is market time. */
  launch(spec: LaunchSpec, bootMs: number): InstanceView {
    const id = `i-${randomBytes(9).toString('hex').slice(0, 17)}`;
    this.#sequence += 1;
    const view: Mutable<InstanceView> = {
      id,
      sequence: this.#sequence,
      spec,
      tags: new Map(Object.entries(spec.tags)),
      spotRequestId: `sir-${randomBytes(4).toString('hex')}`,
      directory: path.join(this.options.directory, 'instances', id),
      launchedAtMs: this.options.clock.nowMs(),
      state: 'pending',
      stateReason: undefined,
      terminatedAtMs: undefined,
      takenAtMs: undefined,
      rebalanceAtMs: undefined,
      roleKey: spec.instanceProfile === undefined ? undefined : this.options.credentials.issue('temporary'),
      metadataEndpoint: undefined,
      pid: undefined,
    };
    const entry: Entry = { view, hurry: new AbortController() };
    this.#entries.set(id, entry);
    this.options.clock.after(bootMs, () => {
      if (view.state !== 'pending') return;
      entry.starting = this.#start(entry).catch((error: unknown) => {
        entry.console?.write(Buffer.from(`${error instanceof Error ? error.message : String(error)}\n`));
        void this.#end(entry, 'Server.InternalError', 0);
      });
    });
    return view;
  }

  /** As TerminateInstances does: SIGTERM, then SIGKILL. Nothing happens to one that is on its way down. */
  terminate(id: string): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined) void this.#end(entry, 'Client.UserInitiatedShutdown', TERMINATE_GRACE_MS);
  }

  /**
   * `noticeMs` (market time) null takes it at once. `takenAfterMs` is when it ends, if not when the notice says. False if it is not
   * there to be taken.
   */
  reclaim(id: string, noticeMs: number | null, takenAfterMs = noticeMs): boolean {
    const entry = this.#entries.get(id);
    if (entry === undefined || !isFulfilling(entry.view)) return false;
    if (noticeMs === null) {
      void this.#end(entry, 'Server.SpotInstanceTermination', 0);
      return true;
    }
    if (entry.view.takenAtMs !== undefined) return false;
    const { clock } = this.options;
    entry.view.takenAtMs = clock.nowMs() + clock.realMs(noticeMs);
    clock.after(takenAfterMs ?? noticeMs, () => void this.#end(entry, 'Server.SpotInstanceTermination', 0));
    return true;
  }

  recommendRebalance(id: string): boolean {
    const view = this.#entries.get(id)?.view;
    if (view === undefined || !isFulfilling(view)) return false;
    view.rebalanceAtMs ??= this.options.clock.nowMs();
    return true;
  }

  /** Kills everything, and waits for it. */
  async close(): Promise<void> {
    await Promise.all([...this.#entries.values()].map((entry) => this.#end(entry, 'Client.UserInitiatedShutdown', 0)));
  }

  async #start(entry: Entry): Promise<void> {
    const { view } = entry;
    entry.console = new ConsoleLog(path.join(this.options.directory, CONSOLES, `${view.id}.log`));
    mkdirSync(view.directory, { recursive: true });
    entry.metadata = await startMetadataServer({ instance: view, region: this.options.region });
    view.metadataEndpoint = entry.metadata.endpoint;
    if (entry.ending !== undefined) return;
    const instanceProcess = await startInstanceProcess({
      directory: view.directory,
      userData: view.spec.userData,
      metadataEndpoint: entry.metadata.endpoint,
      console: entry.console,
    });
    entry.process = instanceProcess;
    view.pid = instanceProcess.family.leader;
    this.options.watchdog.watch(instanceProcess.family);
    void instanceProcess.leaderEnded.then(() =>
      this.#end(entry, 'Client.InstanceInitiatedShutdown', TERMINATE_GRACE_MS),
    );
    if (entry.ending !== undefined) return;
    view.state = 'running';
    this.options.onRunning(view);
  }

  #end(entry: Entry, reason: StateReasonCode, graceMs: number): Promise<void> {
    if (graceMs === 0) entry.hurry.abort();
    entry.ending ??= this.#down(entry, reason, graceMs);
    return entry.ending;
  }

  async #down(entry: Entry, reason: StateReasonCode, graceMs: number): Promise<void> {
    const { view } = entry;
    view.state = 'shutting-down';
    view.stateReason = reason;
    this.options.onEnding(view);
    await Promise.resolve(); // `ending` is set before anything else goes on
    if (reason !== 'Server.InternalError') await entry.starting;
    if (entry.process !== undefined) {
      await entry.process.end(graceMs, entry.hurry.signal);
      this.options.watchdog.forget(entry.process.family);
    }
    await entry.metadata?.close();
    removeDisk(entry);
    entry.console?.close();
    if (view.roleKey !== undefined) this.options.credentials.forget(view.roleKey.accessKeyId);
    view.roleKey = undefined;
    view.pid = undefined;
    view.metadataEndpoint = undefined;
    view.terminatedAtMs = this.options.clock.nowMs();
    view.state = 'terminated';
    this.#forgetOld();
    this.options.onTerminated(view);
  }

  #forgetOld(): void {
    const terminated = [...this.#entries.values()].filter((entry) => !isLive(entry.view));
    for (const entry of terminated.slice(0, Math.max(0, terminated.length - MOST_TERMINATED))) {
      this.#entries.delete(entry.view.id);
      if (entry.console !== undefined) rmSync(entry.console.path, { force: true });
    }
  }
}

/** Its disk goes with it, as a root volume does; the console stays. */
function removeDisk({ view, console }: Entry): void {
  try {
    rmSync(view.directory, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    // Files left behind are no reason to end the cloud: it removes its whole directory in the end.
    console?.write(Buffer.from(`${view.directory} could not be removed: ${String(error)}\n`));
  }
}
