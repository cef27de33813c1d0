/**
 * The jobs whose models this worker cannot use (R10). The worker goes on with the jobs whose models it can use, and
 * leaves the batches of these jobs to other instances.
 *
 * Invariants:
 * - The worker ends when no other job has work. Another instance replaces it and gives the next mark, so a job that
 *   fails everywhere comes to its end in a pool of any size.
 * - Nothing spins: a batch that comes back stays invisible for longer each time, and a poll that brought only such
 *   batches is followed by a pause.
 * - A batch that is left to others was never begun: it is no attempt, and the worker counts as idle meanwhile (R9).
 */
import type { BatchMessage } from '../../core/contract/batch-message.js';
import type { HeldBatch } from '../batch/held-batch.js';
import type { HeldBatches } from '../batch/held-batches.js';
import type { JobCache } from '../batch/job-cache.js';
import type { Lease, LeaseKeeper } from '../lease/lease-keeper.js';
import type { Clock, EventSink } from '../ports.js';
import type { ExitTickets } from './exit-tickets.js';

/** A batch is invisible for two seconds when it came for the first time, and for twice as long each time after. */
const FIRST_HIDDEN_SECONDS = 2;
/** The first instance that can use the model waits no longer for a batch. */
const MOST_HIDDEN_SECONDS = 60;
/** The pause between polls that brought only such batches. */
const PAUSE_MS = 250;
/** The first instances of a pool may be up moments before a controller writes the fleet's first state. */
const STATE_PATIENCE_MS = 5_000;
/** One receive brings no more messages. */
const MOST_ASKED = 10;
/** A pool rarely has more jobs at once; the worker stays when there are more of which it does not know the end. */
const MOST_ENDS_READ = 20;

export interface UnableJobsOptions {
  readonly clock: Clock;
  readonly events: EventSink;
  readonly held: HeldBatches;
  readonly leases: LeaseKeeper;
  readonly jobs: Pick<JobCache, 'end' | 'standing'>;
  /** The part of the worker that reads the fleet's state. */
  readonly tickets: Pick<ExitTickets, 'jobsWithWork'>;
  readonly signal: AbortSignal;
  /** It is called when no job is known whose model the worker may be able to use. */
  readonly onNoneUsable: () => void;
}

export class UnableJobs {
  readonly #jobs = new Set<string>();
  /** Since when the worker has not known whether another job has work; undefined once it does. */
  #undecidedSinceMs: number | undefined;
  #pollAgainAtMs = 0;
  /** The number of polls in a row that brought nothing that the worker can use; half as many after one that did. */
  #uselessPolls = 0;

  readonly #options: UnableJobsOptions;

  constructor(options: UnableJobsOptions) {
    this.#options = options;
  }

  /** How long to wait before the next poll; 0 when there is no reason to wait. */
  get pauseMs(): number {
    if (this.#undecidedSinceMs !== undefined) return PAUSE_MS;
    return Math.max(0, this.#pollAgainAtMs - this.#options.clock.nowMs());
  }

  /** Stops what is held of the job. Returns false when the job was known already. */
  add(job: string): boolean {
    const isNew = !this.#jobs.has(job);
    this.#jobs.add(job);
    if (isNew) this.#undecidedSinceMs ??= this.#options.clock.nowMs();
    this.#options.held.stopJob(job, 'unable');
    return isNew;
  }

  /** Finds out whether any other job has work, and says so when there is none. */
  async look(): Promise<void> {
    if (this.#jobs.size === 0) return;
    const hasOtherWork = this.#holdsOtherWork || (await this.#poolHasOtherWork());
    if (hasOtherWork === undefined && this.#undecidedForMs < STATE_PATIENCE_MS) return;
    this.#undecidedSinceMs = undefined;
    if (hasOtherWork !== true && this.#jobs.size > 0 && !this.#holdsOtherWork) this.#options.onNoneUsable();
  }

  /** Hands a received batch back if the worker cannot use its model. Returns undefined when the worker should hold it. */
  leaveToOthers(lease: Lease, message: BatchMessage, receives: number): Promise<unknown> | undefined {
    if (!this.#jobs.has(message.job)) return undefined;
    this.#options.leases.hold(lease);
    return this.#leave(lease, message, receives);
  }

  /** Pauses the polls when a poll brought nothing that the worker can use. */
  received(usable: number): void {
    this.#uselessPolls = usable === 0 ? this.#uselessPolls + 1 : Math.floor(this.#uselessPolls / 2);
    if (usable === 0) this.#pollAgainAtMs = this.#options.clock.nowMs() + PAUSE_MS;
  }

  /** Asks for more when batches that the worker cannot use lie before those that it can use. */
  askFor(batches: number): number {
    if (this.#jobs.size === 0 || batches === 0) return batches;
    return Math.max(batches, Math.min(MOST_ASKED, batches * 2 ** Math.min(this.#uselessPolls, MOST_ASKED)));
  }

  async #leave(lease: Lease, { job, batch, again }: BatchMessage, receives: number): Promise<unknown> {
    const { events, jobs, leases, signal } = this.#options;
    const sinceMs = again ? lease.receivedAtMs : undefined;
    // Trouble with the bucket must not keep the batch from others.
    const end = (await jobs.standing(job, sinceMs).catch(() => undefined))?.end;
    if (end === undefined)
      return leases.handBack(lease, this.#undecidedSinceMs !== undefined ? 0 : this.#hiddenSeconds(receives), signal);
    // The job may be resumed later, and then its model is tried again.
    this.#jobs.delete(job);
    if (end !== 'complete') {
      const message = `Batch ${batch} was dropped: its job ${end === 'failed' ? 'has failed' : 'was cancelled'}.`;
      events.emit({ code: 'batch-dropped', reason: end, job, batch, lease: lease.id, message });
    }
    return leases.delete(lease, signal);
  }

  /** Many batches in a row of no use are hidden longer, too, so that those behind them come into sight. */
  #hiddenSeconds(receives: number): number {
    const doublings = Math.max(receives - 1, this.#uselessPolls);
    return Math.min(MOST_HIDDEN_SECONDS, FIRST_HIDDEN_SECONDS * 2 ** Math.max(0, doublings));
  }

  get #undecidedForMs(): number {
    const nowMs = this.#options.clock.nowMs();
    return nowMs - (this.#undecidedSinceMs ?? nowMs - STATE_PATIENCE_MS);
  }

  get #holdsOtherWork(): boolean {
    return [...this.#options.held].some((batch) => this.#isUsable(batch));
  }

  #isUsable({ message, stopCause }: HeldBatch): boolean {
    return stopCause === undefined && !this.#jobs.has(message.job);
  }

  /** Undefined when no controller has said yet which jobs have work. */
  async #poolHasOtherWork(): Promise<boolean | undefined> {
    const { jobs, signal, tickets } = this.#options;
    const others = (await tickets.jobsWithWork(signal))?.filter((job) => !this.#jobs.has(job));
    if (others === undefined) return undefined;
    if (others.length > MOST_ENDS_READ) return true;
    // The fleet's state names jobs until its target changes, and some of them may be over.
    const ends = await Promise.all(others.map((job) => jobs.end(job)));
    return ends.includes(undefined);
  }
}
