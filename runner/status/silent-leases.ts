/**
 * Bounds what workers had in hand that ended without a word (a reclaim without notice, a lost machine). Nobody can know how much of it they had
 * computed; but each receive of a batch is counted by SQS, and each that ended otherwise was reported. The rest gives a bound.
 */
import type { WorkerEvent } from '../../core/contract/events.js';

interface Committed {
  readonly receives: number;
  readonly items: number;
  readonly resumed: number;
}

export class SilentLeases {
  /** Batches that were received more than once. */
  readonly #committed = new Map<number, Committed>();
  /** By batch: leases that ended otherwise than by a commit. */
  readonly #ended = new Map<number, Set<string>>();

  add(event: WorkerEvent): void {
    const { batch, lease } = event;
    if (batch === undefined || lease === undefined) return;
    switch (event.code) {
      case 'batch-committed': {
        const { ok, failed, receives = 1, resumed } = event;
        if (receives > 1) this.#committed.set(batch, { receives, items: ok + failed, resumed });
        return;
      }
      case 'batch-handed-back':
      case 'batch-duplicate':
      case 'batch-dropped':
      case 'batch-given-up':
      case 'attempt':
      case 'lease-lost':
        this.#ended.set(batch, (this.#ended.get(batch) ?? new Set()).add(lease));
        return;
      default:
        return;
    }
  }

  /** Items that were computed for nothing there, at most. */
  itemsAtMost(): number {
    let sum = 0;
    for (const [batch, { receives, items, resumed }] of this.#committed) {
      const earlier = receives - 1;
      const silent = Math.max(0, earlier - (this.#ended.get(batch)?.size ?? 0));
      // Resumed items may be of a lease that was reported, unless there was none.
      sum += silent * items - (silent === earlier ? resumed : 0);
    }
    return Math.max(0, sum);
  }
}
