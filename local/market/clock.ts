/**
 * The market's time: durations of the market (arrival, notice, prices, the lag of EC2) pass `timeScale` times faster
 * than real ones. Points in time are always real, so that what instances and clients read is the time on their own clock.
 */

/** Node fires a longer timer at once: what is further away than this does not happen in the life of a local cloud. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export class MarketClock {
  readonly #timers = new Set<NodeJS.Timeout>();
  /** When the market opened, on the real clock: what the seed says is counted from here, so that it is the same in each run. */
  readonly startMs = Date.now();
  #closed = false;

  constructor(readonly timeScale: number) {}

  nowMs(): number {
    return Date.now();
  }

  /** Since the market opened, in its own time. */
  marketMs(): number {
    return (this.nowMs() - this.startMs) * this.timeScale;
  }

  realMs(marketMs: number): number {
    return marketMs / this.timeScale;
  }

  /** Acts once, `marketMs` from now; returns what calls it off. */
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
