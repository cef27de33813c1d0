/**
 * The schedules, and the clock that fires them.
 *
 * Invariants:
 * - An enabled schedule fires once for each time that it was set to: when that time comes, or immediately if it has
 * passed.
 * - A schedule that deletes itself is removed when its invocation has ended, unless it was updated meanwhile.
 * - A request whose client token was seen for the same action and schedule gets the earlier answer, and changes
 * nothing.
 */
import type { Clock } from '../clock.js';
import { invalid, SchedulerError } from './errors.js';
import { type Invocation, Invocations } from './invocations.js';
import { DEFAULT_GROUP, type ScheduleId, type ScheduleSettings } from './schedule.js';
import type { InvokeTarget } from './targets.js';

export interface Schedule {
  readonly name: string;
  readonly arn: string;
  readonly createdAtMs: number;
  readonly modifiedAtMs: number;
  readonly settings: ScheduleSettings;
}

export interface SchedulesOptions {
  readonly clock: Clock;
  readonly region: string;
  readonly invoke: InvokeTarget;
}

const ACCOUNT_ID = '000000000000';
/** AWS allows a million. A user of the local cloud has a handful, and each takes memory and a timer. */
const MAX_SCHEDULES = 10_000;
/** Clients retry within seconds or not at all. */
const MAX_TOKENS = 1_000;

export class Schedules {
  readonly #schedules = new Map<string, Schedule>();
  readonly #timers = new Map<string, () => void>();
  /** The time for which each schedule has fired last. */
  readonly #firedFor = new Map<string, number>();
  /** The requests by their client tokens, the oldest first. */
  readonly #tokens = new Map<string, string>();
  readonly #invocations: Invocations;

  readonly #options: SchedulesOptions;

  constructor(options: SchedulesOptions) {
    this.#options = options;
    this.#invocations = new Invocations(options.clock);
  }

  /** Returns the schedules in the order of their names. */
  all(): readonly Schedule[] {
    return [...this.#schedules.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  invocations(): readonly Readonly<Invocation>[] {
    return this.#invocations.all();
  }

  get({ groupName, name }: ScheduleId): Schedule {
    this.checkGroup(groupName);
    const found = this.#schedules.get(name);
    if (found === undefined) throw new SchedulerError('ResourceNotFoundException', `Schedule ${name} does not exist.`);
    return found;
  }

  create(name: string, settings: ScheduleSettings, token: string | undefined): Schedule {
    this.checkGroup(settings.groupName);
    const known = this.#schedules.get(name);
    if (known !== undefined && this.#wasAsked('create', name, token, settings)) return known;
    if (known !== undefined) throw new SchedulerError('ConflictException', `Schedule ${name} already exists.`);
    if (this.#schedules.size >= MAX_SCHEDULES) {
      throw new SchedulerError(
        'ServiceQuotaExceededException',
        `There are already ${MAX_SCHEDULES} schedules, which is the maximum of the local cloud.`,
      );
    }
    const nowMs = this.#options.clock.nowMs();
    const arn = `arn:aws:scheduler:${this.#options.region}:${ACCOUNT_ID}:schedule/${settings.groupName}/${name}`;
    this.#remember('create', name, token, settings);
    return this.#put({ name, arn, createdAtMs: nowMs, modifiedAtMs: nowMs, settings });
  }

  update(name: string, settings: ScheduleSettings, token: string | undefined): Schedule {
    const known = this.get({ groupName: settings.groupName, name });
    if (this.#wasAsked('update', name, token, settings)) return known;
    this.#remember('update', name, token, settings);
    return this.#put({ ...known, modifiedAtMs: this.#options.clock.nowMs(), settings });
  }

  delete(id: ScheduleId, token: string | undefined): void {
    this.checkGroup(id.groupName);
    if (!this.#schedules.has(id.name) && this.#wasAsked('delete', id.name, token, {})) return;
    this.get(id);
    this.#remember('delete', id.name, token, {});
    this.#remove(id.name);
  }

  checkGroup(groupName: string): void {
    if (groupName === DEFAULT_GROUP) return;
    throw new SchedulerError(
      'ResourceNotFoundException',
      `Schedule group ${groupName} does not exist. The local cloud has only the group ${DEFAULT_GROUP}.`,
    );
  }

  close(): void {
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
    this.#invocations.close();
  }

  #put(schedule: Schedule): Schedule {
    this.#schedules.set(schedule.name, schedule);
    this.#arm(schedule);
    return schedule;
  }

  #remove(name: string): void {
    this.#disarm(name);
    this.#schedules.delete(name);
    this.#firedFor.delete(name);
  }

  #disarm(name: string): void {
    this.#timers.get(name)?.();
    this.#timers.delete(name);
  }

  #arm(schedule: Schedule): void {
    const { name, settings } = schedule;
    this.#disarm(name);
    if (settings.state === 'DISABLED' || this.#firedFor.get(name) === settings.dueMs) return;
    const waitMs = settings.dueMs - this.#options.clock.nowMs();
    // The clock may fire early after a long wait.
    const due = (): void => (this.#options.clock.nowMs() < settings.dueMs ? this.#arm(schedule) : this.#fire(schedule));
    this.#timers.set(name, this.#options.clock.after(waitMs, due));
  }

  #fire(schedule: Schedule): void {
    const { name, settings } = schedule;
    const { target, dueMs } = settings;
    this.#timers.delete(name);
    this.#firedFor.set(name, dueMs);
    this.#invocations.start({
      schedule: name,
      target: target.arn,
      // The age of an event counts from the first moment at which it could be sent.
      dueMs: Math.max(dueMs, schedule.modifiedAtMs),
      retry: target.retry,
      act: () => this.#options.invoke(target.universal.action, target.parameters),
      onEnd: () => {
        if (settings.afterCompletion === 'DELETE' && this.#schedules.get(name) === schedule) this.#remove(name);
      },
    });
  }

  #wasAsked(action: string, name: string, token: string | undefined, settings: object): boolean {
    if (token === undefined) return false;
    const asked = this.#tokens.get(tokenKey(action, name, token));
    if (asked === undefined) return false;
    if (asked === JSON.stringify(settings)) return true;
    throw invalid(`The ClientToken ${token} was used before with other parameters for schedule ${name}.`);
  }

  #remember(action: string, name: string, token: string | undefined, settings: object): void {
    if (token === undefined) return;
    this.#tokens.set(tokenKey(action, name, token), JSON.stringify(settings));
    const [oldest] = this.#tokens.keys();
    if (this.#tokens.size > MAX_TOKENS && oldest !== undefined) this.#tokens.delete(oldest);
  }
}

const tokenKey = (action: string, name: string, token: string): string => `${action} ${name} ${token}`;
