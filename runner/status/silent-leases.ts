/**
 * Bounds the items that vanished workers had computed (after a reclaim without notice, or the loss of a machine). The exact number is unknown. But SQS
 * counts each receive of a batch, and workers report each lease that ends otherwise; the remaining leases give a bound.
 */
import type { WorkerEvent } from '../../core/contract/events.js';

interface Committed {
  readonly receives: number;
  readonly items: number;
  readonly resumed: number;
}

export class SilentLeases {
  /** The batches that were received more than once. */
  readonly #committed = new Map<number, Committed>();
  /** The leases, by batch, that ended otherwise than by a commit. */
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

  /** Returns the most items that were computed for nothing in silent leases. */
  itemsAtMost(): number {
    let sum = 0;
    for (const [batch, { receives, items, resumed }] of this.#committed) {
      const earlier = receives - 1;
      const silent = Math.max(0, earlier - (this.#ended.get(batch)?.size ?? 0));
      // Resumed items may come from a lease that was reported, unless there was none.
      sum += silent * items - (silent === earlier ? resumed : 0);
    }
    return Math.max(0, sum);
  }
}
