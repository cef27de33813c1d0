/**
 * Follows a job: runs passes of the controller, and shows their reports and those of the workers on a display. A follower
 * also controls the pool, so the pool has the right size while somebody follows, with or without the stack's controller (R8).
 * For that reason nothing that is only for the display may delay a pass: the workers' events are read beside the passes.
 */
import type { WorkerEvent } from '../../core/contract/events.js';
import { addSample, paceOf, type PaceSample } from '../../core/batch/pace.js';
import type { StackPorts } from '../cli/context.js';
import { controlUntil } from '../controller/control-until.js';
import { reportingDamages } from '../controller/report-damages.js';
import { type ControllerMemory, newControllerMemory } from '../controller/memory.js';
import { controllerLimits } from '../controller/ports.js';
import type { ControllerEvent, JobProgress, PassReport } from '../controller/report.js';
import type { Display } from '../display/events.js';
import { messageOf } from '../errors.js';
import type { Clock } from '../ports.js';
import { readJobProgress } from '../status/job-status.js';
import { InstanceLedger, type LedgerChange } from '../status/instance-ledger.js';
import { groupPreparing } from '../status/preparing.js';
import { controllerNews, ledgerNews, RepeatedNews, WorkerNews } from './display-events.js';
import { hasEnded } from '../status/job-state.js';
import { EventLog } from './event-log.js';
import { EventReader } from './event-reader.js';
import { newsNow } from './news.js';

const PASS_MS = 1_000;
/** Instances end within a minute or two after their last batch. The command does not wait longer than this; it reports those that are left. */
const ZERO_WITHIN_MS = 10 * 60_000;

export interface ZeroProof {
  /** The number of live instances in the last describe call. */
  readonly instancesLeft: number;
  /** Other jobs that have work, for which the instances stay. */
  readonly otherJobs: readonly string[];
}

export class Follower {
  readonly ledger: InstanceLedger;
  readonly #memory: ControllerMemory = newControllerMemory();
  readonly #reader: EventReader;
  readonly #noticed = new Set<string>();
  readonly #shapes = new RepeatedNews();
  readonly #news = new WorkerNews();
  #samples: readonly PaceSample[] = [];
  #last: JobProgress;
  #target: number | undefined;
  /** The number of changes of the target that this controller made and showed, and that EC2 does not show yet. */
  #setByUs = 0;

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
    this.#reader = new EventReader({
      log: new EventLog(store, start.progress.job),
      clock,
      onEvent: (event) => this.#showWorker(event),
      onRead: () => this.#showAll(this.#news.rest()),
      onTrouble: (error) =>
        this.#warn('trouble', `Could not read the workers' events (${messageOf(error)}); retrying.`),
    });
  }

  /** Follows until the job has ended for any reason, or until its submission is known to have broken off. */
  async untilEnded(signal: AbortSignal): Promise<JobProgress> {
    await this.#passes(() => hasEnded(this.#last) || this.#last.brokenOff !== undefined, signal);
    await this.#reader.finish(signal);
    if (!hasEnded(this.#last)) return this.#last;
    const { job, state, reason } = this.#last;
    this.#display.show({ event: 'ended', job, state, reason: reason ?? `Job ${job} is ${state}.` });
    return this.#last;
  }

  /** Follows until a describe call shows no instance (R9), or other jobs need the instances, or the time limit is reached. */
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
    await this.#reader.finish(signal);
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
        onReport: (report) => this.#show(report, signal),
        onTrouble: (error) => this.#showTrouble(error),
      },
      signal,
    );
  }

  async #show(report: PassReport, signal: AbortSignal): Promise<void> {
    this.#last = report.jobs.find(({ job }) => job === this.#last.job) ?? (await this.#readUnlessEnded(report, signal));
    this.#reader.see(liveOf(report));
    for (const change of this.ledger.observe(report.description, report.atMs)) this.#showChange(change, report.atMs);
    this.#reader.look(signal);
    for (const event of report.events) {
      if (isTarget(event)) this.#setByUs += 1;
      // `untilEnded` shows the end of this job.
      if (!isEndOf(event, this.#last.job)) this.#display.show(controllerNews(event));
    }
    this.#showTarget(report);
    this.#showProgress(report);
    // The other jobs could be read, so the pass itself did not fail; but this job cannot be followed.
    if (report.unreadable.has(this.#last.job)) throw report.unreadable.get(this.#last.job);
  }

  /** A job that another controller ended before this one had read it is in no report. */
  async #readUnlessEnded({ unreadable }: PassReport, signal: AbortSignal): Promise<JobProgress> {
    const { job } = this.#last;
    if (hasEnded(this.#last) || unreadable.has(job)) return this.#last;
    return readJobProgress(this.#ports.store, job, signal);
  }

  #showWorker(event: WorkerEvent): void {
    if (event.code === 'notice' && event.kind === 'interruption') this.#noticed.add(event.instance);
    if (this.#shapes.isNews(event)) this.#showAll(this.#news.push(event));
  }

  #showAll(news: ReturnType<WorkerNews['rest']>): void {
    for (const shown of news) this.#display.show(shown);
  }

  /** Whether a reclaim came with notice is in the instance's events. */
  #showChange(change: LedgerChange, atMs: number): void {
    this.#reader.afterNextRead(() => {
      const event = ledgerNews(change, (instance) => this.#noticed.has(instance), atMs);
      if (event !== undefined) this.#display.show(event);
    });
  }

  /** Shows a target that another controller of the stack has set. EC2 shows this controller's own changes some passes later. */
  #showTarget({ fleet, atMs }: PassReport): void {
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

  #showProgress({ fleet, preparing: all, atMs }: PassReport): void {
    const { job, state, batches, items } = this.#last;
    const itemsDone = items.ok + items.failed;
    // The time until the first instances are up says nothing about their pace.
    if (itemsDone > 0) this.#samples = addSample(this.#samples, { atMs, itemsDone });
    const { target, pending, running, noticed, draining } = fleet;
    const pace = paceOf(this.#samples, items.total);
    // There is no pace before the first items are done, and none after the end.
    const shownPace = hasEnded(this.#last) || !pace.itemsPerSecond ? {} : pace;
    const counts = { target, pending, running, noticed, draining };
    const groups = groupPreparing(all, job);
    const preparing = hasEnded(this.#last) || groups.length === 0 ? {} : { preparing: groups };
    this.#display.show({ event: 'progress', job, state, batches, items, fleet: counts, ...preparing, ...shownPace });
  }

  #showTrouble(error: unknown): void {
    const message = `Could not control the stack (${messageOf(error)}); retrying. Running workers do not depend on this.`;
    this.#warn('trouble', message);
  }

  #warn(code: string, message: string): void {
    this.#display.show(newsNow(this.#clock, 'warning', code, message));
  }
}

const isTarget = ({ code }: ControllerEvent): boolean => code === 'target-raised' || code === 'target-lowered';

const isEndOf = (event: ControllerEvent, job: string): boolean => event.job === job && END_CODES.has(event.code);

const END_CODES: ReadonlySet<ControllerEvent['code']> = new Set(['job-complete', 'job-ended-badly', 'job-failed']);

const liveOf = ({ description }: PassReport): readonly string[] =>
  description.instances.flatMap(({ instance, state }) =>
    state === 'pending' || state === 'running' ? [instance] : [],
  );

const liveCount = ({ fleet }: PassReport): number => fleet.pending + fleet.running + fleet.noticed + fleet.draining;

const othersWith = ({ jobs }: PassReport, job: string): readonly string[] =>
  jobs.filter((other) => other.job !== job && !hasEnded(other)).map((other) => other.job);

const neededByOthers = (report: PassReport, job: string): boolean =>
  report.fleet.target > 0 && othersWith(report, job).length > 0;
