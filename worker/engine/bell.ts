/**
 * Wakes whoever waits for something to change; what has changed they look up themselves.
 *
 * Invariants:
 * - At most one timer runs, whoever waits and however often; a wait may end early for another's sake.
 * - Whoever waits wakes once what rang has run to its own end: rings of one moment wake once, and what comes of it (requests) never
 *   comes between a slot and its next batch.
 */
import type { Clock } from '../ports.js';

export class Bell {
  #waiting: (() => void)[] = [];
  #rung = false;
  #timerAtMs = Infinity;
  #timer = new AbortController();

  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  ring(): void {
    if (this.#rung) return;
    this.#rung = true;
    setImmediate(() => {
      this.#rung = false;
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const wake of waiting) wake();
    });
  }

  /** Resolves at the next ring, and after `withinMs` at the latest. */
  next(withinMs?: number): Promise<void> {
    if (withinMs !== undefined) this.#ringWithin(withinMs);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #ringWithin(ms: number): void {
    const atMs = this.#clock.nowMs() + ms;
    if (this.#timerAtMs <= atMs) return;
    this.#timer.abort(REPLACED);
    this.#timer = new AbortController();
    this.#timerAtMs = atMs;
    const due = (): void => {
      if (this.#timerAtMs !== atMs) return;
      this.#timerAtMs = Infinity;
      this.ring();
    };
    this.#clock.sleep(ms, this.#timer.signal).then(due, () => undefined);
  }

  /** Ends the timer. */
  stop(): void {
    this.#timer.abort(REPLACED);
  }
}

/** An error is costly to make. */
const REPLACED = new Error('It is waited for no longer.');
