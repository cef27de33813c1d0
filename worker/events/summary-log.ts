/**
 * Writes the summary of this worker's events for each job (core/contract/worker-summary.ts).
 *
 * Invariants:
 * - A summary is put again at most every ten seconds, and at once with an event that is written at once.
 * - Before its first put, the summary that an earlier process of this worker left is read and continued.
 * - A failure only reports trouble: the summary is put with the next change.
 */
import type { WorkerEvent } from '../../core/contract/events.js';
import { summaryKey } from '../../core/contract/keys.js';
import { ObjectRefused } from '../../core/contract/object-store.js';
import { decodeWorkerSummary, encodeWorkerSummary, MOST_SUMMARY_BYTES } from '../../core/contract/worker-summary.js';
import { WorkerSummaries } from '../../core/record/worker-summaries.js';
import type { Clock, ObjectStore } from '../ports.js';

const WRITE_EVERY_MS = 10_000;
/** A worker has few jobs at a time. The summaries of earlier jobs are in the bucket. */
const MOST_JOBS = 32;

export interface SummaryLogOptions {
  readonly instance: string;
  readonly store: ObjectStore;
  readonly clock: Clock;
}

export class SummaryLog {
  readonly #summaries: WorkerSummaries;
  /** The jobs whose earlier summary was looked for, each with the time of its last put. */
  readonly #writtenMs = new Map<string, number>();
  #isUrgent = false;
  #isRefused = false;

  readonly #options: SummaryLogOptions;

  constructor(options: SummaryLogOptions) {
    this.#options = options;
    this.#summaries = new WorkerSummaries(options.instance);
  }

  /** `isUrgent`: the instance may be gone a moment later. */
  add(event: WorkerEvent, isUrgent: boolean): void {
    if (this.#isRefused) return;
    this.#summaries.add(event);
    this.#isUrgent ||= isUrgent;
  }

  /** Puts the summaries that are due. Throws the first failure after it has tried the others. */
  async write(signal: AbortSignal): Promise<void> {
    const isUrgent = this.#isUrgent;
    this.#isUrgent = false;
    const nowMs = this.#options.clock.nowMs();
    const failures: unknown[] = [];
    for (const job of this.#summaries.changed) {
      const writtenMs = this.#writtenMs.get(job) ?? -Infinity;
      if (this.#isRefused || (!isUrgent && Math.abs(nowMs - writtenMs) < WRITE_EVERY_MS)) continue;
      try {
        await this.#writeOne(job, signal);
      } catch (error) {
        signal.throwIfAborted();
        this.#isUrgent ||= isUrgent;
        if (error instanceof ObjectRefused) this.#isRefused = true;
        failures.push(error);
      }
    }
    this.#forgetQuietJobs();
    if (failures.length > 0) throw failures[0];
  }

  async #writeOne(job: string, signal: AbortSignal): Promise<void> {
    const { instance, store, clock } = this.#options;
    const key = summaryKey(job, instance);
    if (!this.#writtenMs.has(job)) {
      const stored = await store.get(key, { signal, range: { startByte: 0, endByte: MOST_SUMMARY_BYTES } });
      const earlier = stored && decodeWorkerSummary(stored.body, { job, instance });
      if (earlier !== undefined) this.#summaries.continueFrom(earlier);
      this.#writtenMs.set(job, -Infinity);
    }
    const summary = this.#summaries.take(job);
    if (summary === undefined) return;
    try {
      await store.put(key, encodeWorkerSummary(summary), { signal, contentType: 'application/json' });
      this.#writtenMs.set(job, clock.nowMs());
    } catch (error) {
      this.#summaries.changeAgain(job);
      throw error;
    }
  }

  #forgetQuietJobs(): void {
    const { jobs, changed } = this.#summaries;
    const waiting = new Set(changed);
    const quiet = jobs.filter((job) => !waiting.has(job)).slice(0, Math.max(0, jobs.length - MOST_JOBS));
    for (const job of quiet) {
      this.#summaries.forget(job);
      this.#writtenMs.delete(job);
    }
  }
}
