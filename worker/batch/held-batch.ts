/**
 * A batch that this worker holds, from its receive until its message is deleted, handed back or lost. Its phases go
 * forward only: fetching → waiting (for a slot) → computing → committing → gone.
 *
 * Invariants:
 * - `stop` ends the work once, with the first cause. Results from before are kept, and none are added after.
 * - A batch that is being committed is not stopped: the conditional put decides (R1), whoever holds the lease by then.
 * - Each finished item is in memory or in exactly one of the stored runs.
 */
import type { LossMark } from '../../core/contract/loss-mark.js';
import type { BatchMessage } from '../../core/contract/batch-message.js';
import type { ErrorExample } from '../../core/contract/error-example.js';
import { MOST_ERRORS_OF_BATCH } from '../../core/contract/events.js';
import { decodeResultLine } from '../../core/contract/result-line.js';
import { rangeHolding, type Ranges } from '../../core/dataset/ranges.js';
import { invariant } from '../../core/invariant.js';
import { ErrorTally } from '../../core/record/error-tally.js';
import type { Lease } from '../lease/lease-keeper.js';
import type { ComputedItem, Slot } from '../slot/slot.js';

const PHASES = ['fetching', 'waiting', 'computing', 'committing', 'gone'] as const;

export type BatchPhase = (typeof PHASES)[number];

/**
 * `drain`: save and hand back. `lost`: another worker has the batch. `cancelled`, `failed`: the job is over. `unable`:
 * the model cannot be used here. `waiting`: the batch could not be started soon. `isolation`: another batch is computed
 * alone.
 */
export type StopCause = 'lost' | 'twelve-hours' | 'drain' | 'cancelled' | 'failed' | 'unable' | 'waiting' | 'isolation';

export class WorkStopped extends Error {
  override readonly name = 'WorkStopped';
  constructor(readonly stopCause: StopCause) {
    super(`The work on the batch was stopped: ${stopCause}.`);
  }
}

/** Finished items that are not in memory: lines of an object in the bucket, in order of index. */
export interface StoredRun {
  readonly key: string;
  /** The indexes that count from this object. Its other lines are stored elsewhere as well. */
  readonly own: Ranges;
  readonly items: number;
  readonly ok: number;
}

export class HeldBatch {
  #phase: BatchPhase = 'fetching';
  computeStartedAtMs: number | undefined;
  /** The time at which the slot began with the batch, or last finished an item of it. */
  progressAtMs = 0;
  /** Items that were finished by this time are in a partial of this lease; undefined before the first one. */
  savedUpToMs: number | undefined;
  /** The time at which the batch asked for a model that is not on this instance yet; undefined once it is. */
  modelAskedAtMs: number | undefined;
  /** The model that the slot is loading for this batch; undefined once it is loaded. */
  loadingModel: () => string | undefined = () => undefined;
  /** The marks of its losses, when the batch is computed alone and in parts (R4). */
  isolatedFor: readonly LossMark[] | undefined;
  /** The slot that computes the batch. */
  slot: Pick<Slot, 'msPerItem' | 'memoryOf'> | undefined;
  /** The most memory of a slot that computed some of it; undefined when nobody has looked. */
  slotMemoryBytes: number | undefined;
  /** The indexes in memory that partials of earlier leases hold. */
  #resumed: ReadonlySet<number> = new Set();
  #resumedCount = 0;
  /** The finished items in memory, by index. */
  readonly results = new Map<number, ComputedItem>();
  resultBytes = 0;
  readonly #stored: StoredRun[] = [];
  #finished = 0;
  #ok = 0;
  /** Why items failed, without those of partials that are too large for memory. */
  readonly #errors = new ErrorTally(MOST_ERRORS_OF_BATCH);
  readonly #work = new AbortController();

  constructor(
    readonly message: BatchMessage,
    readonly lease: Lease,
    readonly receiveCount: number,
  ) {}

  /** Another lease may have computed some of the batch, or all of it. Only such a batch can have partials, losses, or an outcome. */
  get mayHaveBegun(): boolean {
    return this.receiveCount > 1 || this.message.again === true;
  }

  get phase(): BatchPhase {
    return this.#phase;
  }

  /** Phases go forward only. Entering the current phase again, as a batch in pieces does, changes nothing. */
  enter(phase: BatchPhase): void {
    const isForward = PHASES.indexOf(phase) >= PHASES.indexOf(this.#phase);
    invariant(isForward, `A batch goes forward only, and cannot go from ${this.#phase} to ${phase}.`);
    this.#phase = phase;
  }

  /** A batch that is being committed or is gone takes no more results and cannot be stopped. */
  get #isSettled(): boolean {
    return this.#phase === 'committing' || this.#phase === 'gone';
  }

  /** Aborts with `WorkStopped` as its reason. */
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

  /** The first codes by which items failed, the most frequent first. */
  get errors(): readonly ErrorExample[] {
    return this.#errors.errors();
  }

  get resumedItems(): number {
    return this.#resumedCount;
  }

  /** The number of items that were finished under this lease. */
  get freshItems(): number {
    return this.#finished - this.#resumedCount;
  }

  /** The slot's time for the finished items that no partial holds. */
  get unsavedWorkMs(): number {
    return this.computeStartedAtMs === undefined
      ? 0
      : this.progressAtMs - (this.savedUpToMs ?? this.computeStartedAtMs);
  }

  isDone(index: number): boolean {
    return this.results.has(index) || this.#stored.some(({ own }) => rangeHolding(own, index) !== undefined);
  }

  /** The results in memory that no partial of an earlier lease holds, in order of index. */
  freshResults(): readonly ComputedItem[] {
    return this.sortedResults().filter((item) => !this.#resumed.has(item.index));
  }

  /** The results in memory, in order of index. */
  sortedResults(): readonly ComputedItem[] {
    const items = [...this.results.values()];
    // Most models answer in order.
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

  /** Adds a partial of an earlier lease that is too large for memory. */
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
      else this.#addError(item);
    }
    invariant(this.#finished <= this.message.items, 'A batch has at most one result per item.');
  }

  #addError({ index, line }: ComputedItem): void {
    const read = decodeResultLine(line);
    if (read?.ok === false) this.#errors.add({ ...read.error, index, count: 1 });
  }

  /** Records that these items are in the bucket now, and frees their memory. */
  spilled(items: readonly ComputedItem[], run: StoredRun): void {
    for (const item of items) {
      if (this.results.delete(item.index)) this.resultBytes -= item.line.length;
    }
    this.#stored.push(run);
  }

  /** Frees the results: the outcome is in the bucket, and later events need only counts. */
  forgetResults(): void {
    this.results.clear();
    this.resultBytes = 0;
  }

  /** The fields that every event about the batch has. */
  get tags(): { readonly job: string; readonly batch: number; readonly lease: string } {
    return { job: this.message.job, batch: this.message.batch, lease: this.lease.id };
  }
}
