/**
 * Keeps earlier counts of a queue, for counters that lag as AWS's do.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
 *
 * Invariants: `#then` is the state one lag before the last call. `#since` lists the changes after it in the order
 * of time, at most one per millisecond, so that the lag bounds their number.
 */
import { Fifo } from './fifo.js';
import type { Counts } from './message.js';

interface Change {
  readonly atMs: number;
  counts: Counts;
}

export class CountHistory {
  #then: Counts;
  #newest: Change | undefined;
  readonly #since = new Fifo<Change>();

  constructor(before: Counts) {
    this.#then = before;
  }

  record(nowMs: number, counts: Counts, lagMs: number): void {
    this.at(nowMs - lagMs);
    if (this.#since.size > 0 && this.#newest?.atMs === nowMs) {
      this.#newest.counts = counts;
      return;
    }
    if (isSame(this.#since.size > 0 ? this.#newest?.counts : this.#then, counts)) return;
    this.#newest = { atMs: nowMs, counts };
    this.#since.push(this.#newest);
  }

  /** Forgets the states from before `ms`. */
  at(ms: number): Counts {
    for (let next = this.#since.peek(); next !== undefined && next.atMs <= ms; next = this.#since.peek()) {
      this.#then = next.counts;
      this.#since.shift();
    }
    return this.#then;
  }
}

const isSame = (a: Counts | undefined, b: Counts): boolean =>
  a?.visible === b.visible && a.inFlight === b.inFlight && a.delayed === b.delayed;
