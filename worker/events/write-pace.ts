/**
 * Decides how often a worker writes its events. During its first minute and in small pools people watch each step; in a large pool each write of
 * each worker adds up, and a follower must read it.
 *
 * Invariant: the decision never waits. The size of the pool is the target that the controllers published last; it is read again beside the writes,
 * and until the first read has succeeded the pool counts as small.
 */
import { decodeFleetState } from '../../core/contract/fleet-state.js';
import { fleetStateKey } from '../../core/contract/keys.js';
import { eventsEveryMs } from '../../core/pool/events-interval.js';
import { within } from '../../core/within.js';
import type { Clock, ObjectStore } from '../ports.js';

const FIRST_MS = 60_000;
/** Pools grow and shrink within minutes. Each read is a request of each worker. */
const READ_EVERY_MS = 5 * 60_000;
const READ_WITHIN_MS = 10_000;

export interface WritePaceOptions {
  readonly store: Pick<ObjectStore, 'get'>;
  readonly clock: Clock;
  readonly onTrouble: (error: unknown) => void;
}

export class WritePace {
  #target = 0;
  #readMs = Number.NEGATIVE_INFINITY;
  readonly #startMs: number;

  readonly #options: WritePaceOptions;

  constructor(options: WritePaceOptions) {
    this.#options = options;
    this.#startMs = options.clock.nowMs();
  }

  /** Returns the time from one write to the next. */
  everyMs(signal: AbortSignal): number {
    const nowMs = this.#options.clock.nowMs();
    if (nowMs - this.#startMs < FIRST_MS) return eventsEveryMs(0);
    if (nowMs - this.#readMs >= READ_EVERY_MS) {
      this.#readMs = nowMs;
      void this.#read(signal);
    }
    return eventsEveryMs(this.#target);
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
