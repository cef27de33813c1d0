/**
 * Calls of targets that are under way or were made. An invocation is on its own from the moment its schedule is due: a later
 * update or delete of the schedule takes back no call that is being retried.
 *
 * States: retrying → succeeded | failed. Invariants: an invocation is tried at once, then after ever longer waits, until the
 * target answers well or its retry policy ends; `onEnd` is called exactly once, unless all is closed.
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
  /** What the target last answered with, when that was an error. */
  error?: string;
}

export interface Call extends Pick<Invocation, 'schedule' | 'target' | 'dueMs'> {
  readonly retry: RetryPolicy;
  /** Throws what the target answers with. */
  readonly act: () => void;
  readonly onEnd: () => void;
}

/** AWS says "exponential backoff" only. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
/** More than any test or person reads. */
const MOST_REMEMBERED = 100;
/** A call that fails for a day must not gather company without end. */
const MOST_RETRYING = 1_000;

export class Invocations {
  readonly #known: Invocation[] = [];
  readonly #waits = new Map<Invocation, () => void>();

  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The last ones, the oldest first. */
  all(): readonly Readonly<Invocation>[] {
    return this.#known;
  }

  start(call: Call): void {
    const { schedule, target, dueMs } = call;
    const invocation: Invocation = { schedule, target, dueMs, attempts: 0, state: 'retrying' };
    this.#known.push(invocation);
    if (this.#known.length > MOST_REMEMBERED) this.#known.shift();
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
      this.#waits.size < MOST_RETRYING
    );
  }
}
