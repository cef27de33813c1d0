/**
 * Mirrors the running instances of a fleet as processes on this machine: observe, decide (decide.ts), act.
 *
 * Invariants:
 * - An instance has one process group at most. Its entry is there from before its start until EC2 has shown its end.
 * - When `hostInstances` has resolved, no process of any instance is left. EC2's records stay as they are: another host goes on with them.
 * - No trouble with EC2 ends a host: it is told once, tried again with each look, and told when it is over.
 */
import { mapBounded } from '../../core/map-bounded.js';
import { plural } from '../display/format.js';
import { messageOf } from '../errors.js';
import type { Clock } from '../ports.js';
import { decideHosting, type HostAction, type HostedInstance, type HostedPhase } from './decide.js';
import { type HostEvent, placeOf } from './events.js';
import type { Machine, RecordedInstances, RunningInstance, SeenInstance } from './ports.js';

/** A worker has its instance, and its end, within about this. */
const LOOK_EVERY_MS = 1_000;
/** Calls and starts at once: emulators answer one after another. */
const AT_ONCE = 8;

export interface HostPorts {
  readonly ec2: RecordedInstances;
  readonly machine: Machine;
  readonly clock: Clock;
  readonly tell: (event: HostEvent) => void;
}

export interface HostOptions {
  /** 0: an instance that is terminated in EC2 ends at once. */
  readonly noticeMs: number;
  /** Instances that ended are replaced up to the fleet's target. */
  readonly replace: boolean;
  /** Instances that may have processes at once. */
  readonly most: number;
  readonly lookEveryMs?: number;
}

interface Entry {
  readonly instance: string;
  phase: HostedPhase;
  takenAtMs?: number;
  /** Rejects when its user data cannot be run. */
  started?: Promise<RunningInstance>;
}

/** Resolves when `signal` has aborted and all has ended. */
export async function hostInstances(ports: HostPorts, options: HostOptions, signal: AbortSignal): Promise<void> {
  const host = new Host(ports, options);
  try {
    await host.run(signal);
  } finally {
    await host.end();
  }
}

class Host {
  readonly #entries = new Map<string, Entry>();
  /** Told, and not over. */
  readonly #troubles = new Map<string, string>();
  #fullIsTold = false;
  #wake = new AbortController();

  readonly #ports: HostPorts;
  readonly #options: HostOptions;

  constructor(ports: HostPorts, options: HostOptions) {
    this.#ports = ports;
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#ports;
    while (!signal.aborted) {
      this.#wake = new AbortController();
      await this.#look(signal);
      const untilNext = AbortSignal.any([signal, this.#wake.signal]);
      await clock.sleep(this.#untilNextMs(), untilNext).catch(() => undefined);
    }
  }

  /** A notice may be over between two looks. */
  #untilNextMs(): number {
    const lookEveryMs = this.#options.lookEveryMs ?? LOOK_EVERY_MS;
    const dueMs = [...this.#entries.values()]
      .filter(({ phase }) => phase === 'noticed')
      .map(({ takenAtMs }) => (takenAtMs ?? 0) - this.#ports.clock.nowMs());
    return Math.max(0, Math.min(lookEveryMs, ...dueMs));
  }

  async end(): Promise<void> {
    await Promise.all([...this.#entries.values()].map(async (entry) => (await startedOf(entry))?.end('gracefully')));
  }

  async #look(signal: AbortSignal): Promise<void> {
    const seen = await this.#trying('EC2 does not show its instances', signal, () =>
      this.#ports.ec2.list([...this.#entries.keys()], signal),
    );
    const { noticeMs, replace, most } = this.#options;
    const actions = decideHosting({ seen, hosted: this.#hosted(), nowMs: this.#ports.clock.nowMs(), noticeMs, most });
    await mapBounded(actions, AT_ONCE, (action) => this.#carryOut(action, signal));
    if (seen === undefined) return;
    this.#tellWaiting(seen);
    if (replace) await this.#refill(signal);
  }

  #tellWaiting(seen: readonly SeenInstance[]): void {
    const waiting = seen.some(({ instance, state }) => state === 'running' && !this.#entries.has(instance));
    const isFull = this.#entries.size >= this.#options.most;
    if (waiting && isFull && !this.#fullIsTold) {
      const message = `Other instances wait: this host runs ${plural(this.#options.most, 'instance')} at once (--max-instances).`;
      this.#ports.tell({ event: 'instances-wait', message });
    }
    this.#fullIsTold = waiting && isFull;
  }

  async #refill(signal: AbortSignal): Promise<void> {
    const lacking = await this.#trying('The fleet cannot be refilled', signal, () => this.#ports.ec2.refill(signal));
    if (lacking === undefined || lacking === 0) return;
    const message = `The fleet lacked ${plural(lacking, 'instance')} of its target: the rest is launched.`;
    this.#ports.tell({ event: 'fleet-refilled', message });
  }

  #hosted(): readonly HostedInstance[] {
    return [...this.#entries].map(([instance, { phase, takenAtMs }]) => ({ instance, phase, takenAtMs }));
  }

  async #carryOut(action: HostAction, signal: AbortSignal): Promise<void> {
    if (action.kind === 'start') return this.#start(action.seen, signal);
    const { instance } = action;
    const entry = this.#entries.get(instance);
    if (entry === undefined) return;
    switch (action.kind) {
      case 'notice':
        return this.#notice(entry, action.takenAtMs);
      case 'end':
        return this.#endFor(entry, action.how);
      case 'terminate':
        return this.#terminate(instance, signal);
      case 'forget':
        this.#entries.delete(instance);
        this.#troubles.delete(terminating(instance));
    }
  }

  async #start(seen: SeenInstance, signal: AbortSignal): Promise<void> {
    const { ec2, machine, tell } = this.#ports;
    const { instance } = seen;
    const userData = await this.#trying(`The user data of ${instance} cannot be read`, signal, () =>
      ec2.userData(instance, signal),
    );
    if (userData === undefined || signal.aborted) return;
    const entry: Entry = { instance, phase: 'up' };
    this.#entries.set(instance, entry);
    entry.started = machine.start(seen, userData, (how) => void this.#leaderEnded(entry, how));
    try {
      const { pid, consoleFile } = await entry.started;
      const message = `${instance} is up (${placeOf(seen)}), pid ${pid}.`;
      tell({ event: 'instance-up', instance, pid, consoleFile, message });
    } catch (error) {
      entry.phase = 'ended';
      tell({ event: 'instance-not-started', instance, message: `${instance} cannot run: ${messageOf(error)}` });
    }
  }

  async #notice(entry: Entry, takenAtMs: number): Promise<void> {
    const { instance } = entry;
    entry.phase = 'noticed';
    entry.takenAtMs = takenAtMs;
    (await startedOf(entry))?.notice(takenAtMs);
    const seconds = Math.round((takenAtMs - this.#ports.clock.nowMs()) / 1000);
    const message = `${instance} was terminated in EC2: its worker has a notice, and ${seconds} s.`;
    this.#ports.tell({ event: 'notice', instance, message });
  }

  #endFor(entry: Entry, how: 'terminated' | 'taken'): void {
    const { instance } = entry;
    const message =
      how === 'taken'
        ? `The notice of ${instance} is over: it is taken now.`
        : `${instance} was terminated in EC2: its processes end.`;
    this.#ports.tell({ event: 'instance-ending', instance, message });
    void this.#endProcesses(entry, how === 'taken' ? 'at-once' : 'gracefully');
  }

  /** By itself, or because it is being ended. */
  async #leaderEnded(entry: Entry, how: string): Promise<void> {
    const running = await startedOf(entry);
    if (entry.phase === 'ending' || entry.phase === 'ended') return;
    const lastLine = how.endsWith('code 0') ? undefined : running?.lastLine();
    const message = `The worker of ${entry.instance} ${how}.${lastLine === undefined ? '' : ` Its last line: ${lastLine}`}`;
    this.#ports.tell({ event: 'worker-ended', instance: entry.instance, message });
    await this.#endProcesses(entry, 'gracefully');
  }

  async #endProcesses(entry: Entry, how: 'gracefully' | 'at-once'): Promise<void> {
    entry.phase = 'ending';
    await (await startedOf(entry))?.end(how);
    entry.phase = 'ended';
    const { instance } = entry;
    this.#ports.tell({ event: 'instance-ended', instance, message: `Nothing of ${instance} runs here any more.` });
    this.#wake.abort();
  }

  async #terminate(instance: string, signal: AbortSignal): Promise<void> {
    const done = await this.#trying(terminating(instance), signal, async () => {
      await this.#ports.ec2.terminate(instance, signal);
      return true;
    });
    if (done === undefined) return;
    this.#ports.tell({
      event: 'instance-terminated',
      instance,
      message: `${instance} is terminated in EC2, since its worker has ended.`,
    });
  }

  /** Undefined when it failed, which is told unless it has been. */
  async #trying<T>(what: string, signal: AbortSignal, act: () => Promise<T>): Promise<T | undefined> {
    try {
      const result = await act();
      if (this.#troubles.delete(what)) this.#ports.tell({ event: 'trouble-over', message: `${what}: that is over.` });
      return result;
    } catch (error) {
      if (signal.aborted) return undefined;
      const why = messageOf(error);
      if (this.#troubles.get(what) !== why) {
        this.#troubles.set(what, why);
        this.#ports.tell({ event: 'trouble', message: `${what}, which is tried again: ${why}` });
      }
      return undefined;
    }
  }
}

/** Undefined when it could not be started. */
const startedOf = (entry: Entry): Promise<RunningInstance | undefined> =>
  (entry.started ?? Promise.resolve(undefined)).catch(() => undefined);

const terminating = (instance: string): string => `${instance} cannot be terminated in EC2`;
