/**
 * Keeps a worker for one batch alone (R4). Workers have died with the batch, so nothing else may be in the slots when it is computed: another batch would be
 * lost with it, and its items would be suspects, too.
 *
 * Invariants:
 * - At most one batch is isolated. While it is, the worker has one slot, and takes no other batch.
 * - `begin` resolves when the worker holds no other batch, and no process has items of one, or has had any: an item is convicted only as the first that
 *   its process was asked.
 */
import type { HeldBatch } from '../batch/held-batch.js';
import type { ChangeNotifier } from '../engine/change-notifier.js';
import type { SlotPool } from '../slot/slot-pool.js';

/** Processes that are being ended give no notice of their end. */
const LOOK_EVERY_MS = 100;

export interface IsolationOptions {
  readonly held: Iterable<HeldBatch>;
  readonly slots: Pick<SlotPool, 'isQuiet' | 'renew'>;
  readonly changes: Pick<ChangeNotifier, 'nextChange'>;
  /** It is called when an isolation has begun or ended. */
  readonly onChange: () => void;
}

export class Isolation {
  #batch: HeldBatch | undefined;

  readonly #options: IsolationOptions;

  constructor(options: IsolationOptions) {
    this.#options = options;
  }

  get isActive(): boolean {
    return this.#batch !== undefined;
  }

  /** Returns false when another batch is isolated: then this one is handed back. */
  async begin(batch: HeldBatch): Promise<boolean> {
    if (this.#batch !== undefined) return false;
    this.#batch = batch;
    const { onChange, slots } = this.#options;
    for (const other of this.#others(batch)) other.stop('isolation');
    onChange();
    await this.#untilQuiet(batch);
    slots.renew();
    await this.#untilQuiet(batch);
    return true;
  }

  async #untilQuiet(batch: HeldBatch): Promise<void> {
    const { changes, slots } = this.#options;
    while (this.#others(batch).length > 0 || !slots.isQuiet) {
      await changes.nextChange(LOOK_EVERY_MS);
      batch.signal.throwIfAborted();
    }
  }

  /** The worker no longer holds the batch. */
  ended(batch: HeldBatch): void {
    if (this.#batch !== batch) return;
    this.#batch = undefined;
    this.#options.onChange();
  }

  #others(batch: HeldBatch): readonly HeldBatch[] {
    return [...this.#options.held].filter((other) => other !== batch);
  }
}
