/**
 * All instances of the local cloud.
 *
 * States: pending → running → shutting-down → terminated, never back. Invariants:
 * - There is one way down (`#end`), taken once; a second call can only hurry it (SIGKILL now) and does not change the reason.
 * - `terminated` is said only when nothing of the instance is left on this machine (instance-runtime.ts).
 * - A notice is given once, and only to an instance that is pending or running; its time is when SIGKILL comes.
 */
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { diskTrouble, type TroubleLog } from '../disk-trouble.js';
import type { AccessKey, Credentials } from '../http/credentials.js';
import { principalOfInstance } from '../http/permissions.js';
import { ACCOUNT_ID, roleOf } from '../imds/documents.js';
import type { MarketClock } from '../market/clock.js';
import { type InstanceView, isFulfilling, isLive, type LaunchSpec, type StateReasonCode } from './instance.js';
import { InstanceRuntime, TERMINATE_GRACE_MS } from './instance-runtime.js';
import { makePrivateDirectory } from './private-files.js';
import type { Watchdog } from './watchdog.js';

/** What is left of instances that are gone, below the cloud's directory. */
export const CONSOLES = 'consoles';

/** Terminated instances stay visible (on AWS for about an hour); more than these are forgotten, the oldest first. */
const MOST_TERMINATED = 5_000;

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

interface Entry {
  readonly view: Mutable<InstanceView>;
  readonly runtime: InstanceRuntime;
  /** The way down, once it is taken. */
  ending?: Promise<void>;
}

export interface InstancesOptions {
  /** Without links; instances live in directories below it. */
  readonly directory: string;
  readonly region: string;
  readonly clock: MarketClock;
  readonly watchdog: Watchdog;
  /** Told when an instance cannot start for want of a disk: its console cannot say it. */
  readonly troubles: TroubleLog | undefined;
  /** Knows the keys of the instances' roles. */
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

  /** In order of launch. */
  all(): readonly InstanceView[] {
    return [...this.#entries.values()].map((entry) => entry.view);
  }

  get(id: string): InstanceView | undefined {
    return this.#entries.get(id)?.view;
  }

  /** The last output; undefined if there is no such instance, or nothing has been written. */
  consoleOutput(id: string): Buffer | undefined {
    return this.#entries.get(id)?.runtime.consoleOutput();
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

  /** Kills everything, and waits for it. */
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
      const trouble = diskTrouble(error, this.#options.directory);
      if (trouble !== undefined) this.#options.troubles?.tell(trouble);
      return this.#end(entry, 'Server.InternalError', 0); // the console says why
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
    for (const entry of terminated.slice(0, Math.max(0, terminated.length - MOST_TERMINATED))) {
      this.#entries.delete(entry.view.id);
      entry.runtime.removeConsole();
    }
  }
}
