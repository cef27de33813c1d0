/**
 * Wakes everything that waits for a change. A waiter looks up itself what has changed.
 *
 * Invariants:
 * - At most one timer runs, however many waiters there are. A wait may end early because another one's time is up.
 * - Waiters wake after the code that called `notify` has finished. Several calls in one moment wake them once, and the
 *   requests that follow never delay a slot's next batch.
 */
import type { Clock } from '../ports.js';

export class ChangeNotifier {
  #waiting: (() => void)[] = [];
  #notified = false;
  #timerAtMs = Infinity;
  #timer = new AbortController();

  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  notify(): void {
    if (this.#notified) return;
    this.#notified = true;
    setImmediate(() => {
      this.#notified = false;
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const wake of waiting) wake();
    });
  }

  /** Resolves at the next change, and after `withinMs` at the latest. */
  nextChange(withinMs?: number): Promise<void> {
    if (withinMs !== undefined) this.#notifyWithin(withinMs);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #notifyWithin(ms: number): void {
    const atMs = this.#clock.nowMs() + ms;
    if (this.#timerAtMs <= atMs) return;
    this.#timer.abort(REPLACED);
    this.#timer = new AbortController();
    this.#timerAtMs = atMs;
    const due = (): void => {
      if (this.#timerAtMs !== atMs) return;
      this.#timerAtMs = Infinity;
      this.notify();
    };
    this.#clock.sleep(ms, this.#timer.signal).then(due, () => undefined);
  }

  stop(): void {
    this.#timer.abort(REPLACED);
  }
}

/** The error is made once, because making an error is costly. */
const REPLACED = new Error('Another timer replaced this one.');
