/**
 * Gathers messages that are to be deleted, so that ten cost one call.
 *
 * Invariants:
 * - A deletion waits for others for a short time only, and not at all once `flushAlways` was called. A late deletion is
 *   safe: a worker that receives the message meanwhile looks the outcome up (R1).
 * - A failed deletion is retried a few times. After that the message becomes visible by itself, and its outcome is
 *   looked up.
 */
import type { Clock, LeaseCallResult, WorkQueue } from '../ports.js';

/**
 * The limit of one call.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessageBatch.html
 */
const MAX_IN_A_CALL = 10;
/** The time is much shorter than any lease. */
const GATHERED_FOR_MS = 500;
const MAX_TRIES = 3;
const RETRY_MS = 250;

interface Waiting {
  readonly receiptHandle: string;
  readonly done: (result: LeaseCallResult) => void;
}

export class Deletions {
  readonly #waiting: Waiting[] = [];
  #atOnce = false;
  #timer = false;

  readonly #queue: WorkQueue;
  readonly #clock: Clock;

  constructor(queue: WorkQueue, clock: Clock) {
    this.#queue = queue;
    this.#clock = clock;
  }

  add(receiptHandle: string, signal: AbortSignal): Promise<LeaseCallResult> {
    return new Promise((done) => {
      this.#waiting.push({ receiptHandle, done });
      if (this.#atOnce || this.#waiting.length >= MAX_IN_A_CALL) this.flush(signal);
      else this.#flushSoon(signal);
    });
  }

  /** Sends what is gathered, and from now on every deletion at once. */
  flushAlways(signal: AbortSignal): void {
    this.#atOnce = true;
    this.flush(signal);
  }

  flush(signal: AbortSignal): void {
    while (this.#waiting.length > 0) void this.#send(this.#waiting.splice(0, MAX_IN_A_CALL), signal);
  }

  #flushSoon(signal: AbortSignal): void {
    if (this.#timer) return;
    this.#timer = true;
    const due = (): void => {
      this.#timer = false;
      this.flush(signal);
    };
    this.#clock.sleep(GATHERED_FOR_MS, signal).then(due, due);
  }

  async #send(deletions: readonly Waiting[], signal: AbortSignal): Promise<void> {
    let left = deletions;
    for (let tries = 1; left.length > 0; tries += 1) {
      const results = await this.#results(left, signal);
      const failed: Waiting[] = [];
      for (const [index, deletion] of left.entries()) {
        const result = results[index] ?? 'failed';
        if (result === 'failed' && tries < MAX_TRIES && !signal.aborted) failed.push(deletion);
        else deletion.done(result);
      }
      left = failed;
      if (left.length > 0) await this.#clock.sleep(RETRY_MS, signal).catch(() => undefined);
    }
  }

  async #results(deletions: readonly Waiting[], signal: AbortSignal): Promise<readonly LeaseCallResult[]> {
    const handles = deletions.map(({ receiptHandle }) => receiptHandle);
    return this.#queue.delete(handles, signal).catch(() => []);
  }
}
