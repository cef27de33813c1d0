/**
 * Calls of targets, current and past. Once its schedule is due, an invocation is independent of it: a later update
 * or delete of the schedule does not cancel a call that is being retried.
 *
 * States: retrying → succeeded | failed. Invariants: an invocation is tried immediately, then after growing waits,
 * until the target succeeds or the retry policy ends. `onEnd` is called exactly once, unless everything is closed.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule.html
 */
import type { Clock } from '../clock.js';
import type { RetryPolicy } from './schedule.js';

export interface Invocation {
  readonly schedule: string;
  readonly target: string;
  readonly dueMs: number;
  attempts: number;
  state: 'retrying' | 'succeeded' | 'failed';
  /** The target's last error, if the last try failed. */
  error?: string;
}

export interface Call extends Pick<Invocation, 'schedule' | 'target' | 'dueMs'> {
  readonly retry: RetryPolicy;
  /** Calls the target; throws the target's error. */
  readonly act: () => void;
  readonly onEnd: () => void;
}

/** AWS documents only "exponential backoff", without numbers. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
/** No test and no person reads more. */
const MAX_REMEMBERED = 100;
/** Calls can fail for a day, so the number of calls that are retried must be bounded. */
const MAX_RETRYING = 1_000;

export class Invocations {
  readonly #known: Invocation[] = [];
  readonly #waits = new Map<Invocation, () => void>();

  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Returns the last invocations, the oldest first. */
  all(): readonly Readonly<Invocation>[] {
    return this.#known;
  }

  start(call: Call): void {
    const { schedule, target, dueMs } = call;
    const invocation: Invocation = { schedule, target, dueMs, attempts: 0, state: 'retrying' };
    this.#known.push(invocation);
    if (this.#known.length > MAX_REMEMBERED) this.#known.shift();
    this.#try(invocation, call, FIRST_WAIT_MS);
  }

  close(): void {
    for (const cancel of this.#waits.values()) cancel();
    this.#waits.clear();
  }

  #try(invocation: Invocation, call: Call, waitMs: number): void {
    this.#waits.delete(invocation);
    invocation.attempts += 1;
    try {
      call.act();
      invocation.state = 'succeeded';
      delete invocation.error;
    } catch (error) {
      invocation.error = error instanceof Error ? error.message : String(error);
      if (this.#mayRetry(invocation, call, waitMs)) {
        const again = (): void => this.#try(invocation, call, Math.min(2 * waitMs, LONGEST_WAIT_MS));
        this.#waits.set(invocation, this.#clock.after(waitMs, again));
        return;
      }
      invocation.state = 'failed';
    }
    call.onEnd();
  }

  #mayRetry({ attempts, dueMs }: Invocation, { retry }: Call, waitMs: number): boolean {
    return (
      attempts <= retry.maxRetries &&
      this.#clock.nowMs() + waitMs - dueMs <= retry.maxAgeSeconds * 1000 &&
      this.#waits.size < MAX_RETRYING
    );
  }
}
