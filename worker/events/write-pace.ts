/**
 * Decides how often a worker writes its events. During its first minute and in small pools people watch each step; in a large pool each write of
 * each worker adds up, and a follower must read it.
 */
import { eventsEveryMs } from '../../core/pool/request-intervals.js';
import type { Clock } from '../ports.js';
import { PoolSize, type PoolSizeOptions } from '../pool-size.js';

const FIRST_MS = 60_000;

export class WritePace {
  readonly #startMs: number;
  readonly #clock: Clock;
  readonly #pool: PoolSize;

  constructor(options: PoolSizeOptions) {
    this.#pool = new PoolSize(options);
    this.#clock = options.clock;
    this.#startMs = options.clock.nowMs();
  }

  /** Returns the time from one write to the next. */
  everyMs(signal: AbortSignal): number {
    if (this.#clock.nowMs() - this.#startMs < FIRST_MS) return eventsEveryMs(0);
    return eventsEveryMs(this.#pool.instances(signal));
  }
}
