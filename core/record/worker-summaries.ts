/**
 * Makes the summaries of a worker from its events: one for each job that it worked for. A summary holds what the worker did for the job, and what happened
 * to the worker: its start, notices and end are events of no job, and belong to every summary.
 *
 * Invariant: a worker's event changes a summary only through `add`, so a summary says nothing that no event said.
 */
import type { WorkerEvent } from '../contract/events.js';
import type { WorkerSummary } from '../contract/worker-summary.js';
import { definedFields } from '../defined-fields.js';
import { JobTally } from './job-tally.js';
import { WorkTimeline } from './work-timeline.js';

/** A chatty model must not make the summary change all the time. */
const SAYS_NOTHING: ReadonlySet<WorkerEvent['code']> = new Set(['model-log', 'model-event', 'model-slow', 'trouble']);

type WorkerFacts = Pick<WorkerSummary, 'instanceType' | 'zone' | 'startedAtMs' | 'ended' | 'noticeAtMs'>;

export class WorkerSummaries {
  readonly #jobs = new Map<string, JobTally>();
  readonly #changed = new Set<string>();
  readonly #timeline = new WorkTimeline();
  /** From when on each job's model can have been at work here: since its first load, unless it was loaded for another job already. */
  readonly #loadedAtMs = new Map<string, number>();
  #facts: WorkerFacts = {};
  /** When this process of the worker started. */
  #processAtMs: number | undefined;

  readonly #instance: string;

  constructor(instance: string) {
    this.#instance = instance;
  }

  /** The jobs with a summary, those that changed least recently first. */
  get jobs(): readonly string[] {
    return [...this.#jobs.keys()];
  }

  /** The jobs whose summary changed since it was last taken. */
  get changed(): readonly string[] {
    return [...this.#changed];
  }

  add(event: WorkerEvent): void {
    if (SAYS_NOTHING.has(event.code)) return;
    const atMs = Date.parse(event.at);
    const { job } = event;
    if (job === undefined) {
      this.#addFact(event, atMs);
      return;
    }
    const tally = this.#jobs.get(job) ?? new JobTally();
    // The order of the map is that of the last changes.
    this.#jobs.delete(job);
    this.#jobs.set(job, tally);
    tally.add(event, atMs);
    this.#changed.add(job);
    this.#addSpan(job, event, atMs);
  }

  /** Continues the summary that an earlier process of the worker wrote. */
  continueFrom(earlier: WorkerSummary): void {
    const { job, instanceType, zone, startedAtMs, noticeAtMs, spans } = earlier;
    this.#jobs.get(job)?.addAll(earlier);
    this.#timeline.addAll(job, spans);
    this.#facts = {
      ...definedFields({ instanceType, zone, noticeAtMs }),
      ...this.#facts,
      ...definedFields({ startedAtMs: startedAtMs ?? this.#facts.startedAtMs }),
    };
  }

  /** Returns the job's summary as it is now. */
  take(job: string): WorkerSummary | undefined {
    const sums = this.#jobs.get(job)?.sums();
    this.#changed.delete(job);
    if (sums === undefined) return undefined;
    return {
      version: 1,
      job,
      instance: this.#instance,
      ...this.#facts,
      ...sums,
      lastAtMs: Math.max(sums.lastAtMs, this.#facts.ended?.atMs ?? 0),
      spans: this.#timeline.spansOf(job),
    };
  }

  /** The summary that was taken could not be written. */
  changeAgain(job: string): void {
    if (this.#jobs.has(job)) this.#changed.add(job);
  }

  /** Forgets a job that has been quiet for long. What was written of it is in the bucket. */
  forget(job: string): void {
    this.#jobs.delete(job);
    this.#changed.delete(job);
    this.#loadedAtMs.delete(job);
  }

  #addFact(event: WorkerEvent, atMs: number): void {
    switch (event.code) {
      case 'worker-started': {
        const { instanceType, zone, bootMs } = event;
        this.#processAtMs = Math.max(0, Math.round(atMs - bootMs));
        this.#facts = { ...this.#facts, instanceType, zone, startedAtMs: this.#processAtMs };
        return;
      }
      case 'notice':
        if (event.kind !== 'interruption' || this.#facts.noticeAtMs !== undefined) return;
        this.#facts = { ...this.#facts, noticeAtMs: atMs };
        return this.#changeAll();
      case 'worker-ended':
        this.#facts = { ...this.#facts, ended: { atMs, reason: event.reason } };
        return this.#changeAll();
      default:
        return;
    }
  }

  #changeAll(): void {
    for (const job of this.#jobs.keys()) this.#changed.add(job);
  }

  #addSpan(job: string, event: WorkerEvent, atMs: number): void {
    const from = (ms: number): number => Math.max(0, Math.round(atMs - ms));
    switch (event.code) {
      case 'model-phase': {
        // The boot is reported with the first job, which may come long after it.
        const fromMs = event.phase === 'boot' ? (this.#processAtMs ?? from(event.ms)) : from(event.ms);
        return this.#timeline.step({ job, phase: event.phase, fromMs, toMs: Math.round(fromMs + event.ms) });
      }
      case 'model-ready':
        this.#loaded(job, atMs);
        return this.#timeline.step({ job, phase: 'load', fromMs: from(event.loadMs), toMs: atMs });
      case 'slot-rebuilt':
        return this.#loaded(job, 0);
      case 'batch-committed':
      case 'batch-duplicate':
        this.#loaded(job, 0);
        return this.#addWork(job, from(event.computeMs ?? 0), atMs);
      case 'batch-handed-back':
      case 'lease-lost':
        // A batch may be given away while it still waits for the worker's first load.
        if (this.#loadedAtMs.size > 0) this.#addWork(job, from(event.computeMs ?? 0), atMs);
        return;
      default:
        return;
    }
  }

  #loaded(job: string, atMs: number): void {
    if (!this.#loadedAtMs.has(job)) this.#loadedAtMs.set(job, atMs);
  }

  /** A batch counts as computed from when it went to a slot, which may still have to load the model. */
  #addWork(job: string, fromMs: number, toMs: number): void {
    const workedFromMs = Math.max(fromMs, this.#loadedAtMs.get(job) ?? 0);
    if (workedFromMs < toMs) this.#timeline.work(workedFromMs, toMs);
  }
}
