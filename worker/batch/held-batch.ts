/**
 * A batch that this worker holds, from its receive until its message is deleted, handed back or lost.
 *
 * Phases go forward only: fetching → waiting (for a slot) → computing → committing → gone.
 * Invariants:
 * - `stop` ends the work once, with the first cause; what was believed until then is kept, nothing is added after.
 * - What is being committed is not stopped: the conditional put decides (R1), whoever holds the lease by then.
 * - Each finished item is in memory, or in exactly one of the stored runs.
 */
import type { BatchMessage } from '../../core/contract/batch-message.js';
import { rangeHolding, type Ranges } from '../../core/dataset/ranges.js';
import { invariant } from '../../core/invariant.js';
import type { Lease } from '../lease/lease-keeper.js';
import type { ComputedItem } from '../slot/slot.js';

const PHASES = ['fetching', 'waiting', 'computing', 'committing', 'gone'] as const;

export type BatchPhase = (typeof PHASES)[number];

/** `drain`: save and hand back. `lost`: somebody else has it. `cancelled`, `failed`: the job is over. `unable`: no model here. `waiting`: it could not be started soon. */
export type StopCause = 'lost' | 'twelve-hours' | 'drain' | 'cancelled' | 'failed' | 'unable' | 'waiting';

export class WorkStopped extends Error {
  override readonly name = 'WorkStopped';
  constructor(readonly stopCause: StopCause) {
    super(`The work on the batch was stopped: ${stopCause}.`);
  }
}

/** Finished items that are not in memory: lines of an object in the bucket, in order of index. */
export interface StoredRun {
  readonly key: string;
  /** The indexes that count from it; its other lines are elsewhere as well. */
  readonly own: Ranges;
  readonly items: number;
  readonly ok: number;
}

export class HeldBatch {
  #phase: BatchPhase = 'fetching';
  computeStartedAtMs: number | undefined;
  /** When its slot began with it, or last finished an item. */
  progressAtMs = 0;
  /** When its model was asked for, which is not on this instance yet; undefined when it is. */
  modelAskedAtMs: number | undefined;
  /** The model that its slot is loading for it; undefined once it is loaded. */
  loadingModel: () => string | undefined = () => undefined;
  /** The pace of the slot that computes it. */
  msPerItem: () => number | undefined = () => undefined;
  /** Indexes in memory that partials of earlier leases hold. */
  #resumed: ReadonlySet<number> = new Set();
  #resumedCount = 0;
  /** In memory, by index. */
  readonly results = new Map<number, ComputedItem>();
  resultBytes = 0;
  readonly #stored: StoredRun[] = [];
  #finished = 0;
  #ok = 0;
  readonly #work = new AbortController();

  constructor(
    readonly message: BatchMessage,
    readonly lease: Lease,
    readonly receiveCount: number,
  ) {}

  get phase(): BatchPhase {
    return this.#phase;
  }

  /** Phases go forward only. Entering the current phase again, as a batch in pieces does, changes nothing. */
  enter(phase: BatchPhase): void {
    const isForward = PHASES.indexOf(phase) >= PHASES.indexOf(this.#phase);
    invariant(isForward, `A batch goes forward only, and cannot go from ${this.#phase} to ${phase}.`);
    this.#phase = phase;
  }

  /** What is being committed, or is gone, takes no more results and cannot be stopped. */
  get #isSettled(): boolean {
    return this.#phase === 'committing' || this.#phase === 'gone';
  }

  /** Aborts with `WorkStopped`. */
  get signal(): AbortSignal {
    return this.#work.signal;
  }

  get stopCause(): StopCause | undefined {
    const reason: unknown = this.#work.signal.reason;
    return reason instanceof WorkStopped ? reason.stopCause : undefined;
  }

  get runs(): readonly StoredRun[] {
    return this.#stored;
  }

  get itemsLeft(): number {
    return this.message.items - this.#finished;
  }

  get okItems(): number {
    return this.#ok;
  }

  get failedItems(): number {
    return this.#finished - this.#ok;
  }

  get resumedItems(): number {
    return this.#resumedCount;
  }

  /** Finished under this lease. */
  get freshItems(): number {
    return this.#finished - this.#resumedCount;
  }

  isDone(index: number): boolean {
    return this.results.has(index) || this.#stored.some(({ own }) => rangeHolding(own, index) !== undefined);
  }

  /** Results in memory that no partial of an earlier lease holds, in order of index. */
  freshResults(): readonly ComputedItem[] {
    return this.sortedResults().filter((item) => !this.#resumed.has(item.index));
  }

  /** Those in memory. */
  sortedResults(): readonly ComputedItem[] {
    const items = [...this.results.values()];
    // Models mostly answer in order.
    const isSorted = items.every((item, at) => at === 0 || (items[at - 1]?.index ?? 0) < item.index);
    return isSorted ? items : items.sort((a, b) => a.index - b.index);
  }

  stop(cause: StopCause): void {
    if (this.#isSettled) return;
    this.#work.abort(new WorkStopped(cause));
  }

  resume(items: Iterable<ComputedItem>): void {
    this.addResults(items);
    this.#resumed = new Set(this.results.keys());
    this.#resumedCount = this.#finished;
  }

  /** A partial of an earlier lease that is too large for memory. */
  resumeStored(run: StoredRun): void {
    this.#stored.push(run);
    this.#finished += run.items;
    this.#ok += run.ok;
    this.#resumedCount += run.items;
  }

  addResults(items: Iterable<ComputedItem>): void {
    if (this.#work.signal.aborted || this.#isSettled) return;
    for (const item of items) {
      if (this.isDone(item.index)) continue; // a result is never replaced
      this.results.set(item.index, item);
      this.resultBytes += item.line.length;
      this.#finished += 1;
      if (item.ok) this.#ok += 1;
    }
    invariant(this.#finished <= this.message.items, 'A batch has at most one result per item.');
  }

  /** Those items are in the bucket now. */
  spilled(items: readonly ComputedItem[], run: StoredRun): void {
    for (const item of items) {
      if (this.results.delete(item.index)) this.resultBytes -= item.line.length;
    }
    this.#stored.push(run);
  }

  /** The outcome is in the bucket; what is told of it later are counts. */
  forgetResults(): void {
    this.results.clear();
    this.resultBytes = 0;
  }

  /** The fields that every event about the batch has. */
  get tags(): { readonly job: string; readonly batch: number; readonly lease: string } {
    return { job: this.message.job, batch: this.message.batch, lease: this.lease.id };
  }
}
