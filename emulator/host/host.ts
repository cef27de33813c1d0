/**
 * Runs the instances of a fleet as processes on this machine. Once a second it observes EC2, decides (decide.ts) and acts.
 *
 * Invariants:
 * - An instance has at most one process group. Its entry exists from before its start until EC2 has shown its end.
 * - When `hostInstances` has resolved, no process of any instance is left. EC2's records are unchanged, so another host can continue with them.
 * - A failing EC2 does not end a host. The host reports the failure once, retries at every look, and reports the recovery.
 */
import { mapBounded } from '../../core/map-bounded.js';
import { plural } from '../../runner/display/format.js';
import { messageOf } from '../../runner/errors.js';
import type { Clock } from '../../runner/ports.js';
import { decideHosting, type HostAction, type HostedInstance, type HostedPhase } from './decide.js';
import type { HostEvent } from './events.js';
import type { Machine, RecordedInstances, RunningInstance, SeenInstance } from './ports.js';

/** A worker starts, and ends, within about this time after EC2 shows it. */
const LOOK_EVERY_MS = 1_000;
/** Emulators answer requests one after another, so more calls and starts at the same time gain nothing. */
const MAX_CONCURRENT_ACTIONS = 8;

export interface HostPorts {
  readonly ec2: RecordedInstances;
  readonly machine: Machine;
  readonly clock: Clock;
  readonly report: (event: HostEvent) => void;
}

export interface HostOptions {
  /** How long an instance that was terminated in EC2 keeps running, with an interruption notice. 0 ends it at once. */
  readonly noticeMs: number;
  /** Replaces instances that ended, up to the fleet's target. */
  readonly replace: boolean;
  /** How many instances may have processes at the same time. */
  readonly maxInstances: number;
  readonly lookEveryMs?: number;
}

interface Entry {
  readonly instance: string;
  phase: HostedPhase;
  takenAtMs?: number;
  /** Rejects when the instance's user data cannot be run. */
  started?: Promise<RunningInstance>;
}

/** Resolves when `signal` has aborted and every process has ended. */
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
  /** Failures that were reported and still last: the reason by the failed action. */
  readonly #failures = new Map<string, string>();
  #isFullReported = false;
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
      await clock.sleep(this.#msUntilNextLook(), untilNext).catch(() => undefined);
    }
  }

  /** The next look comes early when a notice ends before it. */
  #msUntilNextLook(): number {
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
    const seen = await this.#attempt('Could not list the instances in EC2', signal, () =>
      this.#ports.ec2.list([...this.#entries.keys()], signal),
    );
    const { noticeMs, replace, maxInstances } = this.#options;
    const nowMs = this.#ports.clock.nowMs();
    const actions = decideHosting({ seen, hosted: this.#hosted(), nowMs, noticeMs, maxInstances });
    await mapBounded(actions, MAX_CONCURRENT_ACTIONS, (action) => this.#carryOut(action, signal));
    if (seen === undefined) return;
    this.#reportWaiting(seen);
    if (replace) await this.#refill(signal);
  }

  #reportWaiting(seen: readonly SeenInstance[]): void {
    const { maxInstances } = this.#options;
    const waiting = seen.some(({ instance, state }) => state === 'running' && !this.#entries.has(instance));
    const isFull = this.#entries.size >= maxInstances;
    if (waiting && isFull && !this.#isFullReported) {
      const message = `This host runs ${plural(maxInstances, 'instance')} already (--max-instances). The others wait until one ends.`;
      this.#ports.report({ event: 'instances-wait', message });
    }
    this.#isFullReported = waiting && isFull;
  }

  async #refill(signal: AbortSignal): Promise<void> {
    const lacking = await this.#attempt('Could not refill the fleet', signal, () => this.#ports.ec2.refill(signal));
    if (lacking === undefined || lacking === 0) return;
    const message = `The fleet was ${plural(lacking, 'instance')} below its target. It launches the rest.`;
    this.#ports.report({ event: 'fleet-refilled', message });
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
        this.#failures.delete(terminationFailure(instance));
    }
  }

  async #start(seen: SeenInstance, signal: AbortSignal): Promise<void> {
    const { ec2, machine, report } = this.#ports;
    const { instance, instanceType, zone } = seen;
    const userData = await this.#attempt(`Could not read the user data of ${instance}`, signal, () =>
      ec2.userData(instance, signal),
    );
    if (userData === undefined || signal.aborted) return;
    const entry: Entry = { instance, phase: 'up' };
    this.#entries.set(instance, entry);
    entry.started = machine.start(seen, userData, (how) => void this.#leaderEnded(entry, how));
    try {
      const { pid, consoleFile } = await entry.started;
      const message = `${instance} (${instanceType} in ${zone}) is up, pid ${pid}.`;
      report({ event: 'instance-up', instance, pid, consoleFile, message });
    } catch (error) {
      entry.phase = 'ended';
      report({ event: 'instance-not-started', instance, message: `Could not start ${instance}: ${messageOf(error)}` });
    }
  }

  async #notice(entry: Entry, takenAtMs: number): Promise<void> {
    const { instance } = entry;
    entry.phase = 'noticed';
    entry.takenAtMs = takenAtMs;
    (await startedOf(entry))?.notice(takenAtMs);
    const seconds = Math.round((takenAtMs - this.#ports.clock.nowMs()) / 1000);
    const message = `${instance} was terminated in EC2. Its worker has an interruption notice and ${seconds} s left.`;
    this.#ports.report({ event: 'notice', instance, message });
  }

  #endFor(entry: Entry, how: 'terminated' | 'taken'): void {
    const { instance } = entry;
    const message =
      how === 'taken'
        ? `The notice of ${instance} is over. Ending its processes at once.`
        : `${instance} was terminated in EC2. Ending its processes.`;
    this.#ports.report({ event: 'instance-ending', instance, message });
    void this.#endProcesses(entry, how === 'taken' ? 'at-once' : 'gracefully');
  }

  /** The first process ended, either by itself or because the host is ending it. */
  async #leaderEnded(entry: Entry, how: string): Promise<void> {
    const running = await startedOf(entry);
    if (entry.phase === 'ending' || entry.phase === 'ended') return;
    const lastLine = how.endsWith('code 0') ? undefined : running?.lastLine();
    const message = `The worker of ${entry.instance} ${how}.${lastLine === undefined ? '' : ` Its last line: ${lastLine}`}`;
    this.#ports.report({ event: 'worker-ended', instance: entry.instance, message });
    await this.#endProcesses(entry, 'gracefully');
  }

  async #endProcesses(entry: Entry, how: 'gracefully' | 'at-once'): Promise<void> {
    entry.phase = 'ending';
    await (await startedOf(entry))?.end(how);
    entry.phase = 'ended';
    const { instance } = entry;
    this.#ports.report({ event: 'instance-ended', instance, message: `No process of ${instance} is left.` });
    this.#wake.abort();
  }

  async #terminate(instance: string, signal: AbortSignal): Promise<void> {
    const done = await this.#attempt(terminationFailure(instance), signal, async () => {
      await this.#ports.ec2.terminate(instance, signal);
      return true;
    });
    if (done === undefined) return;
    this.#ports.report({
      event: 'instance-terminated',
      instance,
      message: `Terminated ${instance} in EC2, because its worker has ended.`,
    });
  }

  /** Resolves with undefined when `act` failed. A failure is reported when it is new or has another reason than before. */
  async #attempt<T>(failure: string, signal: AbortSignal, act: () => Promise<T>): Promise<T | undefined> {
    const { report } = this.#ports;
    try {
      const result = await act();
      if (this.#failures.delete(failure)) report({ event: 'trouble-over', message: `Resolved: ${failure}.` });
      return result;
    } catch (error) {
      if (signal.aborted) return undefined;
      const reason = messageOf(error);
      if (this.#failures.get(failure) !== reason) {
        this.#failures.set(failure, reason);
        report({ event: 'trouble', message: `${failure} (${reason}); retrying.` });
      }
      return undefined;
    }
  }
}

/** Resolves with undefined when the instance could not be started. */
const startedOf = (entry: Entry): Promise<RunningInstance | undefined> =>
  (entry.started ?? Promise.resolve(undefined)).catch(() => undefined);

const terminationFailure = (instance: string): string => `Could not terminate ${instance} in EC2`;
