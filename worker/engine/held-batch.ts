/**
 * A batch that this worker holds, from its receive until its message is deleted, handed back or lost.
 *
 * Phases go forward only: fetching → waiting (for a slot) → computing → committing → gone.
 * Invariants:
 * - `stop` ends the work once, with the first cause; what was believed until then is kept, nothing is added after.
 * - What is being committed is not stopped: the conditional put decides (R1), whoever holds the lease by then.
 */
import type { BatchMessage } from '../../core/batch-message.js';
import type { Lease } from '../lease/lease-keeper.js';
import type { ComputedItem } from '../model/batch-computer.js';

export type BatchPhase = 'fetching' | 'waiting' | 'computing' | 'committing' | 'gone';

/** `drain`: save and hand back. `lost`: somebody else has it. `cancelled`, `failed`: the job is over. `unable`: no model here. `waiting`: it could not be started soon. */
export type StopCause = 'lost' | 'twelve-hours' | 'drain' | 'cancelled' | 'failed' | 'unable' | 'waiting';

export class WorkStopped extends Error {
  override readonly name = 'WorkStopped';
  constructor(readonly stopCause: StopCause) {
    super(`The work on the batch was stopped: ${stopCause}.`);
  }
}

export class HeldBatch {
  phase: BatchPhase = 'fetching';
  computeStartedAtMs: number | undefined;
  /** When its slot began with it, or last finished an item. */
  progressAtMs = 0;
  /** The pace of the slot that computes it. */
  msPerItem: () => number | undefined = () => undefined;
  /** Indexes that partials of earlier leases held. */
  private resumed: ReadonlySet<number> = new Set();
  /** Lines of items, by index. */
  readonly results = new Map<number, ComputedItem>();
  resultBytes = 0;
  private readonly work = new AbortController();

  constructor(
    readonly message: BatchMessage,
    readonly lease: Lease,
    readonly receiveCount: number,
  ) {}

  /** Aborts with `WorkStopped`. */
  get signal(): AbortSignal {
    return this.work.signal;
  }

  get stopCause(): StopCause | undefined {
    const reason: unknown = this.work.signal.reason;
    return reason instanceof WorkStopped ? reason.stopCause : undefined;
  }

  get itemsLeft(): number {
    return this.message.items - this.results.size;
  }

  get resumedItems(): number {
    return this.resumed.size;
  }

  /** Results that no partial of an earlier lease holds, in order of index. */
  freshResults(): readonly ComputedItem[] {
    return this.sortedResults().filter((item) => !this.resumed.has(item.index));
  }

  sortedResults(): readonly ComputedItem[] {
    return [...this.results.values()].sort((a, b) => a.index - b.index);
  }

  stop(cause: StopCause): void {
    if (this.phase === 'committing' || this.phase === 'gone') return;
    this.work.abort(new WorkStopped(cause));
  }

  resume(items: Iterable<ComputedItem>): void {
    this.believe(items);
    this.resumed = new Set(this.results.keys());
  }

  believe(items: Iterable<ComputedItem>): void {
    if (this.work.signal.aborted || this.phase === 'committing' || this.phase === 'gone') return;
    for (const item of items) {
      if (this.results.has(item.index)) continue; // a believed result is never taken back
      this.results.set(item.index, item);
      this.resultBytes += item.line.length;
    }
  }

  /** The fields that every event about the batch has. */
  get tags(): { readonly job: string; readonly batch: number; readonly lease: string } {
    return { job: this.message.job, batch: this.message.batch, lease: this.lease.id };
  }
}
