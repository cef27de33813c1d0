/**
 * The batches that the worker holds, in the order of their receives: each from its receive until its life has ended.
 */
import { type HeldStatus, MOST_HELD_JOBS } from '../../core/contract/fleet-state.js';
import { addToRanges, formatRanges } from '../../core/dataset/ranges.js';
import { definedFields } from '../../core/defined-fields.js';
import { mayHandBack } from '../../core/batch/lease-ahead.js';
import type { Lease } from '../lease/lease-keeper.js';
import type { HeldBatch, StopCause } from './held-batch.js';
import type { JobCache } from './job-cache.js';

/** A batch that was received more often than this stays with its worker, so that no batch is passed around for ever. */
const MAX_RECEIVES_TO_HAND_BACK = 8;

/** A batch is named in the status once it is held for this long, so that short batches never change the status. */
const NAMED_AFTER_MS = 60_000;
/** Shorter batches do not matter to a controller that waits for five minutes (core/pool/silence.ts). */
const LONG_BATCH_MS = 100_000;
const MINUTE_MS = 60_000;

export class HeldBatches implements Iterable<HeldBatch> {
  readonly #batches = new Set<HeldBatch>();
  /** The longest time of a batch until its outcome, by job. */
  readonly #longestMs = new Map<string, number>();

  get size(): number {
    return this.#batches.size;
  }

  [Symbol.iterator](): Iterator<HeldBatch> {
    return this.#batches.values();
  }

  add(batch: HeldBatch): void {
    this.#batches.add(batch);
  }

  /** Ends the holding of a batch. */
  end(batch: HeldBatch, nowMs: number): void {
    const heldMs = nowMs - batch.lease.receivedAtMs;
    const { job } = batch.message;
    if (batch.phase === 'committing' && heldMs >= LONG_BATCH_MS) {
      // Whole minutes change rarely.
      const longestMs = Math.max(this.#longestMs.get(job) ?? 0, Math.ceil(heldMs / MINUTE_MS) * MINUTE_MS);
      this.#longestMs.delete(job);
      this.#longestMs.set(job, longestMs);
      if (this.#longestMs.size > MOST_HELD_JOBS) this.#longestMs.delete([...this.#longestMs.keys()][0] ?? '');
    }
    this.#batches.delete(batch);
    batch.enter('gone');
  }

  /** Says which batches have been held for long, and how long batches take; undefined when there is nothing to say. */
  status(nowMs: number): readonly HeldStatus[] | undefined {
    const long = new Map<string, number[]>();
    for (const { message, lease } of this.#batches) {
      if (nowMs - lease.receivedAtMs < NAMED_AFTER_MS) continue;
      long.set(message.job, [...(long.get(message.job) ?? []), message.batch]);
    }
    const jobs = [...new Set([...long.keys(), ...this.#longestMs.keys()])].slice(0, MOST_HELD_JOBS);
    if (jobs.length === 0) return undefined;
    return jobs.map((job) => ({
      job,
      batches: formatRanges(addToRanges([], long.get(job) ?? [])),
      ...definedFields({ longestMs: this.#longestMs.get(job) }),
    }));
  }

  get jobs(): ReadonlySet<string> {
    return new Set([...this.#batches].map((batch) => batch.message.job));
  }

  get computing(): readonly HeldBatch[] {
    return [...this.#batches].filter(({ phase }) => phase === 'computing');
  }

  /** Stops the batches of the job; with `untilMs`, only those that were received by then. */
  stopJob(job: string, cause: StopCause, untilMs = Infinity): void {
    for (const batch of this.#batches) {
      if (batch.message.job === job && batch.lease.receivedAtMs <= untilMs) batch.stop(cause);
    }
  }

  /** Stops the batches of jobs that are over. */
  async stopOver(jobs: Pick<JobCache, 'standing'>): Promise<void> {
    for (const job of this.jobs) {
      const { end, readAtMs } = await jobs.standing(job);
      if (end === 'cancelled' || end === 'failed') this.stopJob(job, end, readAtMs);
    }
  }

  stopLease(lease: Lease, cause: StopCause): void {
    for (const batch of this.#batches) if (batch.lease.id === lease.id) batch.stop(cause);
  }

  /** Hands back up to `surplus` batches that were fetched ahead, the newest first, because they have waited least. */
  stopSurplus(surplus: number, { nowMs, queueWasEmpty }: { nowMs: number; queueWasEmpty: boolean }): void {
    if (surplus === 0) return;
    const modelIsLoading = [...this.#batches].some((batch) => batch.loadingModel() !== undefined);
    const ahead = [...this.#batches].filter(({ phase }) => phase === 'fetching' || phase === 'waiting');
    for (const batch of ahead.slice(-surplus)) {
      const heldForMs = nowMs - batch.lease.receivedAtMs;
      const mayGoBack = mayHandBack({ heldForMs, queueWasEmpty, modelIsLoading });
      if (mayGoBack && batch.receiveCount <= MAX_RECEIVES_TO_HAND_BACK) batch.stop('waiting');
    }
  }
}
