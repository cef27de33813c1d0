/**
 * Follows a job: passes of the controller, and from what they and the workers report, the events of a display. Whoever
 * follows controls as well, so the pool is right while somebody looks, whether the stack's own controller runs or not (R8).
 */
import { addSample, paceOf, type PaceSample } from '../../../core/batch/pace.js';
import type { StackPorts } from '../../cli/context.js';
import { controlUntil } from '../../controller/control-until.js';
import { reportingDamages } from '../../controller/report-damages.js';
import { type ControllerMemory, newControllerMemory } from '../../controller/memory.js';
import { controllerLimits } from '../../controller/ports.js';
import type { ControllerEvent, JobProgress, PassReport } from '../../controller/report.js';
import type { Display } from '../../display/events.js';
import { messageOf } from '../../errors.js';
import type { Clock } from '../../ports.js';
import { InstanceLedger } from '../../status/instance-ledger.js';
import { controllerNews, ledgerNews, workerNews, RepeatedNews } from './display-events.js';
import { EventLog } from './event-log.js';

const PASS_MS = 1_000;
/** Events cost a listing per instance and look: a large fleet is looked at less often. */
const EVENTS_EVERY_PASS_UP_TO_INSTANCES = 20;
const EVENTS_OF_MANY_EVERY_MS = 10_000;
/** Instances end within a minute or two of their last batch; what takes longer is told, not waited for. */
const ZERO_WITHIN_MS = 10 * 60_000;

export interface Followed {
  readonly progress: JobProgress;
  readonly ledger: InstanceLedger;
  readonly sinceMs: number;
}

export interface ZeroProof {
  /** Live instances that the last describe call showed. */
  readonly instancesLeft: number;
  /** Other jobs that have work, for which instances stay. */
  readonly otherJobs: readonly string[];
}

export class Follower {
  readonly ledger: InstanceLedger;
  readonly #memory: ControllerMemory = newControllerMemory();
  readonly #log: EventLog;
  readonly #noticed = new Set<string>();
  readonly #shapes = new RepeatedNews();
  readonly #instances = new Set<string>();
  #samples: readonly PaceSample[] = [];
  #last: JobProgress;
  #target: number | undefined;
  /** Changes of the target that have not shown yet, but are this controller's, and were told. */
  #setByUs = 0;
  #eventsReadAtMs = Number.NEGATIVE_INFINITY;

  readonly #ports: StackPorts;
  readonly #clock: Clock;
  readonly #display: Display;

  constructor(
    ports: StackPorts,
    clock: Clock,
    display: Display,
    start: { readonly progress: JobProgress; readonly sinceMs: number },
  ) {
    this.#ports = ports;
    this.#clock = clock;
    this.#display = display;
    this.#last = start.progress;
    this.ledger = new InstanceLedger(start.sinceMs);
    const store = reportingDamages(ports.store, this.#memory.reportedDamages, (sentence) =>
      this.#warn('object-damaged', sentence),
    );
    this.#log = new EventLog(store, start.progress.job);
  }

  /** Until the job has ended, for whatever reason, or nobody is left who sends the rest of it. */
  async untilEnded(signal: AbortSignal): Promise<JobProgress> {
    await this.#passes(() => hasEnded(this.#last) || this.#last.brokenOff !== undefined, signal);
    if (!hasEnded(this.#last)) return this.#last;
    const { job, state, reason } = this.#last;
    this.#display.show({ event: 'ended', job, state, reason: reason ?? `Job ${job} is ${state}.` });
    return this.#last;
  }

  /** R9, until a describe call shows no instance, or others need them, or patience ends. */
  async untilZero(signal: AbortSignal): Promise<ZeroProof> {
    const deadlineMs = this.#clock.nowMs() + ZERO_WITHIN_MS;
    let shown = -1;
    const report = await this.#passes((pass) => {
      if (pass.parked || neededByOthers(pass, this.#last.job) || this.#clock.nowMs() > deadlineMs) return true;
      const left = liveCount(pass);
      if (left !== shown && left > 0) this.#display.show({ event: 'waiting-for-zero', instances: left });
      shown = left;
      return false;
    }, signal);
    if (report.parked && shown > 0) this.#display.show({ event: 'waiting-for-zero', instances: 0 });
    return { instancesLeft: liveCount(report), otherJobs: othersWith(report, this.#last.job) };
  }

  #passes(until: (report: PassReport) => boolean, signal: AbortSignal): Promise<PassReport> {
    return controlUntil(
      { ...this.#ports, clock: this.#clock },
      {
        ...controllerLimits(this.#ports.config),
        passMs: PASS_MS,
        memory: this.#memory,
        until,
        onReport: (report) => this.#tell(report, signal),
        onTrouble: (error) => this.#tellTrouble(error),
      },
      signal,
    );
  }

  async #tell(report: PassReport, signal: AbortSignal): Promise<void> {
    this.#last = report.jobs.find(({ job }) => job === this.#last.job) ?? this.#last;
    for (const { instance, state } of report.description.instances) {
      if (state === 'pending' || state === 'running') this.#instances.add(instance);
    }
    await this.#tellWorkers(report, signal);
    for (const change of this.ledger.observe(report.description, report.atMs)) {
      const event = ledgerNews(change, (instance) => this.#noticed.has(instance), report.atMs);
      if (event !== undefined) this.#display.show(event);
    }
    for (const event of report.events) {
      if (isTarget(event)) this.#setByUs += 1;
      // The job's own end is told by `untilEnded`.
      if (!isEndOf(event, this.#last.job)) this.#display.show(controllerNews(event));
    }
    this.#tellTarget(report);
    this.#tellProgress(report);
    // The pass was good for the others; whoever follows this job has waited in vain, and not for ever.
    if (report.unreadable.has(this.#last.job)) throw report.unreadable.get(this.#last.job);
  }

  async #tellWorkers(report: PassReport, signal: AbortSignal): Promise<void> {
    const many = this.#instances.size > EVENTS_EVERY_PASS_UP_TO_INSTANCES && !hasEnded(this.#last);
    if (many && report.atMs - this.#eventsReadAtMs < EVENTS_OF_MANY_EVERY_MS) return;
    this.#eventsReadAtMs = report.atMs;
    for await (const event of this.#log.newEvents(this.#instances, signal)) {
      if (event.code === 'notice' && event.kind === 'interruption') this.#noticed.add(event.instance);
      const shown = workerNews(event);
      if (shown !== undefined && this.#shapes.isNews(event)) this.#display.show(shown);
    }
  }

  /** Another controller of the same stack may have set it. What this one sets shows some passes later. */
  #tellTarget({ fleet, atMs }: PassReport): void {
    const before = this.#target;
    this.#target = fleet.target;
    if (before === undefined || before === fleet.target) return;
    if (this.#setByUs > 0) {
      this.#setByUs -= 1;
      return;
    }
    this.#display.show({
      event: 'happened',
      level: 'info',
      code: 'target-changed',
      message: `The fleet's target went from ${before} to ${fleet.target}.`,
      at: new Date(atMs).toISOString(),
    });
  }

  #tellProgress({ fleet, atMs }: PassReport): void {
    const { job, state, batches, items } = this.#last;
    const itemsDone = items.ok + items.failed;
    // The time until the first instances are up says nothing of their pace.
    if (itemsDone > 0) this.#samples = addSample(this.#samples, { atMs, itemsDone });
    const { target, pending, running, noticed, draining } = fleet;
    const pace = paceOf(this.#samples, items.total);
    // Before the first items are done there is no pace to tell, and afterwards none any more.
    const told = hasEnded(this.#last) || !pace.itemsPerSecond ? {} : pace;
    const counts = { target, pending, running, noticed, draining };
    this.#display.show({ event: 'progress', job, state, batches, items, fleet: counts, ...told });
  }

  #tellTrouble(error: unknown): void {
    const message = `Looking at the stack failed, and is tried again (workers that are up do not depend on it): ${messageOf(error)}`;
    this.#warn('trouble', message);
  }

  #warn(code: string, message: string): void {
    const at = new Date(this.#clock.nowMs()).toISOString();
    this.#display.show({ event: 'happened', level: 'warning', code, message, at });
  }
}

const isTarget = ({ code }: ControllerEvent): boolean => code === 'target-raised' || code === 'target-lowered';

const isEndOf = (event: ControllerEvent, job: string): boolean => event.job === job && END_CODES.has(event.code);

const END_CODES: ReadonlySet<ControllerEvent['code']> = new Set(['job-complete', 'job-ended-badly', 'job-failed']);

export const hasEnded = ({ state }: Pick<JobProgress, 'state'>): boolean =>
  state === 'complete' || state === 'cancelled' || state === 'failed';

const liveCount = ({ fleet }: PassReport): number => fleet.pending + fleet.running + fleet.noticed + fleet.draining;

const othersWith = ({ jobs }: PassReport, job: string): readonly string[] =>
  jobs.filter((other) => other.job !== job && !hasEnded(other)).map((other) => other.job);

const neededByOthers = (report: PassReport, job: string): boolean =>
  report.fleet.target > 0 && othersWith(report, job).length > 0;
