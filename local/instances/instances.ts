/**
 * All instances of the local cloud.
 *
 * States: pending → running → shutting-down → terminated, never back. Invariants:
 * - The end (`#end`) happens once; a second call can only hurry it (SIGKILL at once) and does not change the
 * reason.
 * - An instance is `terminated` only when nothing of it is left on this machine (instance-runtime.ts).
 * - A notice is given once, and only to an instance that is pending or running; SIGKILL comes at the notice's time.
 */
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { explainDiskError, type DiskErrorLog } from '../disk-errors.js';
import type { AccessKey, Credentials } from '../http/credentials.js';
import { principalOfInstance } from '../http/permissions.js';
import { ACCOUNT_ID, roleOf } from '../imds/documents.js';
import type { MarketClock } from '../market/clock.js';
import { type InstanceView, isFulfilling, isLive, type LaunchSpec, type StateReasonCode } from './instance.js';
import { InstanceRuntime, TERMINATE_GRACE_MS } from './instance-runtime.js';
import { makePrivateDirectory } from './private-files.js';
import type { Watchdog } from './watchdog.js';

/** The folder of the consoles, which outlive their instances, inside the cloud's directory. */
export const CONSOLES = 'consoles';

/** Terminated instances stay visible (on AWS for about an hour). Above this number the oldest are forgotten. */
const MAX_TERMINATED = 5_000;

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

interface Entry {
  readonly view: Mutable<InstanceView>;
  readonly runtime: InstanceRuntime;
  /** It is set once the end has begun. */
  ending?: Promise<void>;
}

export interface InstancesOptions {
  /** A path without links; the instances' directories are inside it. */
  readonly directory: string;
  readonly region: string;
  readonly clock: MarketClock;
  readonly watchdog: Watchdog;
  /** Reports instances that cannot start because of a disk error, which their consoles cannot show. */
  readonly diskErrors: DiskErrorLog | undefined;
  /** Issues and forgets the keys of the instances' roles. */
  readonly credentials: Credentials;
  readonly onRunning: (instance: InstanceView) => void;
  readonly onEnding: (instance: InstanceView) => void;
  readonly onTerminated: (instance: InstanceView) => void;
}

export class Instances {
  readonly #entries = new Map<string, Entry>();
  #sequence = 0;

  readonly #options: InstancesOptions;

  constructor(options: InstancesOptions) {
    this.#options = options;
    for (const name of ['instances', CONSOLES]) makePrivateDirectory(path.join(options.directory, name));
  }

  /** Returns the instances in order of launch. */
  all(): readonly InstanceView[] {
    return [...this.#entries.values()].map((entry) => entry.view);
  }

  get(id: string): InstanceView | undefined {
    return this.#entries.get(id)?.view;
  }

  /** Returns the last output; undefined if the instance does not exist or has written nothing. */
  consoleOutput(id: string): Buffer | undefined {
    return this.#entries.get(id)?.runtime.consoleOutput();
  }

  /** `bootMs` is in market time. */
  launch(spec: LaunchSpec, bootMs: number): InstanceView {
    const id = `i-${randomBytes(9).toString('hex').slice(0, 17)}`;
    this.#sequence += 1;
    const view: Mutable<InstanceView> = {
      id,
      sequence: this.#sequence,
      spec,
      tags: new Map(Object.entries(spec.tags)),
      spotRequestId: `sir-${randomBytes(4).toString('hex')}`,
      directory: path.join(this.#options.directory, 'instances', id),
      launchedAtMs: this.#options.clock.nowMs(),
      state: 'pending',
      stateReason: undefined,
      terminatedAtMs: undefined,
      takenAtMs: undefined,
      rebalanceAtMs: undefined,
      roleKey: this.#roleKeyOf(id, spec),
      metadataEndpoint: undefined,
      pid: undefined,
    };
    const entry: Entry = { view, runtime: this.#runtimeOf(view) };
    this.#entries.set(id, entry);
    this.#options.clock.after(bootMs, () => {
      if (view.state === 'pending') void this.#start(entry);
    });
    return view;
  }

  #roleKeyOf(id: string, spec: LaunchSpec): AccessKey | undefined {
    const role = roleOf({ spec });
    if (role === undefined) return undefined;
    return this.#options.credentials.issue('temporary', principalOfInstance(ACCOUNT_ID, role, id));
  }

  /** Sends SIGTERM, then SIGKILL, as TerminateInstances does. An instance that is already ending is left alone. */
  terminate(id: string): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined) void this.#end(entry, 'Client.UserInitiatedShutdown', TERMINATE_GRACE_MS);
  }

  /**
   * Takes the instance after `noticeMs` (market time), or immediately if that is null. `takenAfterMs` sets the real
   * end if it differs from the notice's. Returns false if the instance cannot be taken.
   */
  reclaim(id: string, noticeMs: number | null, takenAfterMs = noticeMs): boolean {
    const entry = this.#entries.get(id);
    if (entry === undefined || !isFulfilling(entry.view)) return false;
    if (noticeMs === null) {
      void this.#end(entry, 'Server.SpotInstanceTermination', 0);
      return true;
    }
    if (entry.view.takenAtMs !== undefined) return false;
    const { clock } = this.#options;
    entry.view.takenAtMs = clock.nowMs() + clock.realMs(noticeMs);
    clock.after(takenAfterMs ?? noticeMs, () => void this.#end(entry, 'Server.SpotInstanceTermination', 0));
    return true;
  }

  recommendRebalance(id: string): boolean {
    const view = this.#entries.get(id)?.view;
    if (view === undefined || !isFulfilling(view)) return false;
    view.rebalanceAtMs ??= this.#options.clock.nowMs();
    return true;
  }

  /** Kills all instances and waits for their ends. */
  async close(): Promise<void> {
    await Promise.all([...this.#entries.values()].map((entry) => this.#end(entry, 'Client.UserInitiatedShutdown', 0)));
  }

  #runtimeOf(view: InstanceView): InstanceRuntime {
    const { directory, region, watchdog } = this.#options;
    return new InstanceRuntime({
      subject: view,
      region,
      directory: view.directory,
      consoleFile: path.join(directory, CONSOLES, `${view.id}.log`),
      watchdog,
      onLeaderEnded: () => {
        const entry = this.#entries.get(view.id);
        if (entry !== undefined) void this.#end(entry, 'Client.InstanceInitiatedShutdown', TERMINATE_GRACE_MS);
      },
    });
  }

  async #start(entry: Entry): Promise<void> {
    const { view, runtime } = entry;
    try {
      await runtime.start();
    } catch (error) {
      const explanation = explainDiskError(error, this.#options.directory);
      if (explanation !== undefined) this.#options.diskErrors?.report(explanation);
      return this.#end(entry, 'Server.InternalError', 0); // The console says why the start failed.
    }
    if (entry.ending !== undefined) return;
    view.metadataEndpoint = runtime.metadataEndpoint;
    view.pid = runtime.pid;
    view.state = 'running';
    this.#options.onRunning(view);
  }

  #end(entry: Entry, reason: StateReasonCode, graceMs: number): Promise<void> {
    const down = entry.runtime.end(graceMs);
    entry.ending ??= this.#down(entry, reason, down);
    return entry.ending;
  }

  async #down({ view }: Entry, reason: StateReasonCode, down: Promise<void>): Promise<void> {
    view.state = 'shutting-down';
    view.stateReason = reason;
    this.#options.onEnding(view);
    await down;
    if (view.roleKey !== undefined) this.#options.credentials.forget(view.roleKey.accessKeyId);
    view.roleKey = undefined;
    view.pid = undefined;
    view.metadataEndpoint = undefined;
    view.terminatedAtMs = this.#options.clock.nowMs();
    view.state = 'terminated';
    this.#forgetOld();
    this.#options.onTerminated(view);
  }

  #forgetOld(): void {
    const terminated = [...this.#entries.values()].filter((entry) => !isLive(entry.view));
    for (const entry of terminated.slice(0, Math.max(0, terminated.length - MAX_TERMINATED))) {
      this.#entries.delete(entry.view.id);
      entry.runtime.removeConsole();
    }
  }
}
