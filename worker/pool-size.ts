/**
 * Knows about how large the pool is. It decides how often a worker asks S3 for what changes rarely, because in a large pool the requests of each worker add up.
 *
 * Invariant: nobody waits for it. The size is the target that the controllers published last; it is read beside the work. Until a target above 0
 * has been read, the pool counts as small.
 */
import { decodeFleetState } from '../core/contract/fleet-state.js';
import { fleetStateKey } from '../core/contract/keys.js';
import { within } from '../core/within.js';
import type { Clock, ObjectStore } from './ports.js';

/** Pools grow and shrink within minutes. Each read is a request of each worker. */
const READ_EVERY_MS = 5 * 60_000;
/** A worker may be up before the controllers have published the target for which it was started. */
const READ_AGAIN_MS = 10_000;
const READ_WITHIN_MS = 10_000;

export interface PoolSizeOptions {
  readonly store: Pick<ObjectStore, 'get'>;
  readonly clock: Clock;
  readonly onTrouble: (error: unknown) => void;
}

export class PoolSize {
  #target = 0;
  #readMs = Number.NEGATIVE_INFINITY;

  readonly #options: PoolSizeOptions;

  constructor(options: PoolSizeOptions) {
    this.#options = options;
  }

  /** Returns the size as far as it is known, and reads it again when that is due. */
  instances(signal: AbortSignal): number {
    const nowMs = this.#options.clock.nowMs();
    if (nowMs - this.#readMs >= (this.#target === 0 ? READ_AGAIN_MS : READ_EVERY_MS)) {
      this.#readMs = nowMs;
      void this.#read(signal);
    }
    return this.#target;
  }

  async #read(signal: AbortSignal): Promise<void> {
    const { store, clock, onTrouble } = this.#options;
    try {
      const stored = await within(clock, READ_WITHIN_MS, signal, (limit) =>
        store.get(fleetStateKey, { signal: limit }),
      );
      // An idle worker reports a damaged state. Here it only leaves the last known size.
      const state = stored === undefined ? undefined : decodeFleetState(stored.body);
      if (state !== undefined) this.#target = state.target;
    } catch (error) {
      if (!signal.aborted) onTrouble(error);
    }
  }
}
