/**
 * Bounds the items that vanished workers had computed (after a reclaim without notice, or the loss of a machine). The exact number is unknown. But SQS
 * counts each receive of a batch, and workers report each lease that ends otherwise; the remaining leases give a bound.
 */
import type { WorkerEvent } from '../../core/contract/events.js';
import type { WorkerSummary } from '../../core/contract/worker-summary.js';

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
  /** The number of such leases, as far as summaries counted them. */
  readonly #counted = new Map<number, number>();
  #unlisted = 0;

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

  /** Adds the leases of a worker's summary. What had no room there was counted as lost. */
  addSummary({
    receivedAgain,
    endedLeases,
    unlistedItems,
  }: Pick<WorkerSummary, 'receivedAgain' | 'endedLeases' | 'unlistedItems'>): void {
    for (const { batch, ...committed } of receivedAgain) this.#committed.set(batch, committed);
    for (const { batch, leases } of endedLeases) this.#counted.set(batch, (this.#counted.get(batch) ?? 0) + leases);
    this.#unlisted += unlistedItems;
  }

  /** Returns the most items that were computed for nothing in silent leases. */
  itemsAtMost(): number {
    let sum = this.#unlisted;
    for (const [batch, { receives, items, resumed }] of this.#committed) {
      const earlier = receives - 1;
      const ended = (this.#ended.get(batch)?.size ?? 0) + (this.#counted.get(batch) ?? 0);
      const silent = Math.max(0, earlier - ended);
      // Resumed items may come from a lease that was reported, unless there was none.
      sum += silent * items - (silent === earlier ? resumed : 0);
    }
    return Math.max(0, sum);
  }
}
