/**
 * Saves the finished items of batches that are still computed (R3), so that an instance that vanishes without a notice
 * costs about a minute of work, and one that is at risk ten seconds.
 *
 * Invariant: A batch that cannot be saved does not keep the others from being saved.
 */
import { UNSAVED_WORK_MS } from '../../core/batch/drain.js';
import type { BatchRecord } from '../batch/batch-record.js';
import type { HeldBatch } from '../batch/held-batch.js';
import type { Clock } from '../ports.js';

/** While a reclaim is likely, this much work at most would be lost without a notice. */
const AT_RISK_EVERY_MS = 10_000;
/** A minute of work is saved at most this much later. */
export const LOOK_EVERY_MS = 5_000;

export interface PartialSaverOptions {
  readonly clock: Clock;
  readonly held: { readonly computing: readonly HeldBatch[] };
  readonly record: Pick<BatchRecord, 'savePartial'>;
  /** AWS may take the instance soon. */
  readonly isAtRisk: () => boolean;
  readonly signal: AbortSignal;
}

export class PartialSaver {
  #savedAtRiskMs = -Infinity;

  readonly #options: PartialSaverOptions;

  constructor(options: PartialSaverOptions) {
    this.#options = options;
  }

  /** Saves what is due now. Rejects when a batch could not be saved, after all others were tried. */
  async look(): Promise<void> {
    const { clock, held, isAtRisk } = this.#options;
    const nowMs = clock.nowMs();
    const isTimeAtRisk = isAtRisk() && nowMs - this.#savedAtRiskMs >= AT_RISK_EVERY_MS;
    if (isTimeAtRisk) this.#savedAtRiskMs = nowMs;
    const due = held.computing.filter((batch) => isTimeAtRisk || batch.unsavedWorkMs >= UNSAVED_WORK_MS);
    const saved = await Promise.allSettled(due.map((batch) => this.#save(batch)));
    for (const save of saved) if (save.status === 'rejected') throw save.reason;
  }

  async #save(batch: HeldBatch): Promise<void> {
    const { record, signal } = this.#options;
    const { progressAtMs } = batch;
    await record.savePartial(batch, signal);
    batch.savedUpToMs = progressAtMs;
  }
}
