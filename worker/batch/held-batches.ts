/**
 * The batches that the worker holds, in the order of their receives: each from its receive until its life has ended.
 */
import { mayHandBack } from '../../core/batch/lease-ahead.js';
import type { Lease } from '../lease/lease-keeper.js';
import type { HeldBatch, StopCause } from './held-batch.js';

/** A batch that was received more often than this stays with its worker, so that no batch is passed around for ever. */
const MAX_RECEIVES_TO_HAND_BACK = 8;

export class HeldBatches implements Iterable<HeldBatch> {
  readonly #batches = new Set<HeldBatch>();

  get size(): number {
    return this.#batches.size;
  }

  [Symbol.iterator](): Iterator<HeldBatch> {
    return this.#batches.values();
  }

  add(batch: HeldBatch): void {
    this.#batches.add(batch);
  }

  delete(batch: HeldBatch): void {
    this.#batches.delete(batch);
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
