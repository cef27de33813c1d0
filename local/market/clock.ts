/**
 * The market's clock: durations of the market (arrival, notice, prices, the lag of EC2) pass `timeScale` times
 * faster than real ones. Points in time are always real, so that instances and clients read times that match their
 * own clock.
 */

/**
 * Node fires a longer timer immediately. A point in time that is further away is never reached in the life of a
 * local cloud.
 */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export class MarketClock {
  readonly #timers = new Set<NodeJS.Timeout>();
  /**
   * The real time at which the market opened. Times that the seed determines are counted from here, so that they
   * are the same in each run.
   */
  readonly startMs = Date.now();
  #closed = false;

  constructor(readonly timeScale: number) {}

  nowMs(): number {
    return Date.now();
  }

  /** Returns the time since the market opened, in market time. */
  marketMs(): number {
    return (this.nowMs() - this.startMs) * this.timeScale;
  }

  realMs(marketMs: number): number {
    return marketMs / this.timeScale;
  }

  /** Calls `act` once, `marketMs` from now; the returned function cancels it. */
  after(marketMs: number, act: () => void): () => void {
    const realMs = this.realMs(marketMs);
    if (this.#closed || !(realMs <= LONGEST_TIMER_MS)) return () => undefined;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, realMs);
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
      clearTimeout(timer);
    };
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
