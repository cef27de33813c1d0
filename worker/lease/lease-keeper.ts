/**
 * Keeps the leases of all batches that the worker holds (R2). A lease is `held` (and beaten), then once and for good
 * `ending` (its owner hands it back or deletes its message) or `lost` (SQS said so).
 *
 * Invariants:
 * - The receive is the first beat. A held lease is beaten again each quarter of its time, all held leases in one round,
 *   even if the clock is set back meanwhile.
 * - Only held leases are beaten. A hand-back first waits for the round that is under way, and then makes its one
 *   change. So no beat can follow a hand-back and hide its batch for a whole lease.
 * - A failed beat changes nothing: the next round retries it, twice before the lease runs out.
 * - Nothing is extended past twelve hours from its receive. At eleven hours the owner is told once to save and hand
 *   back. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
 */
import { invariant } from '../../core/invariant.js';
import { within } from '../../core/within.js';
import type { Clock, LeaseCallResult, WorkQueue } from '../ports.js';
import { Deletions } from './deletions.js';

const HOUR_MS = 3_600_000;
const OLD_AFTER_MS = 11 * HOUR_MS;
const MAX_SECONDS_FROM_RECEIVE = 12 * 3600 - 5;
const BEATS_PER_LEASE = 4;
/** A hand-back is tried this often while SQS has trouble. After that the lease runs out by itself. */
const MAX_END_TRIES = 3;
const END_RETRY_MS = 250;

export interface Lease {
  /** The id is in keys, metadata and events, and new with each receive. */
  readonly id: string;
  readonly receiptHandle: string;
  readonly receivedAtMs: number;
}

export interface LeaseKeeperOptions {
  readonly queue: WorkQueue;
  readonly clock: Clock;
  readonly leaseSeconds: number;
  readonly onLost: (lease: Lease) => void;
  /** It is called once, eleven hours after the receive: the owner saves and hands back. */
  readonly onOld: (lease: Lease) => void;
  readonly onTrouble: (error: unknown) => void;
}

interface Held {
  readonly lease: Lease;
  reportedOld: boolean;
}

export class LeaseKeeper {
  readonly #held = new Map<string, Held>();
  #round: Promise<void> = Promise.resolve();

  readonly #deletions: Deletions;

  readonly #options: LeaseKeeperOptions;

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
    this.#deletions = new Deletions(options.queue, options.clock);
  }

  hold(lease: Lease): void {
    invariant(!this.#held.has(lease.id), 'A lease is held once, because its id is new with each receive.');
    this.#held.set(lease.id, { lease, reportedOld: false });
  }

  isHeld(lease: Lease): boolean {
    return this.#held.has(lease.id);
  }

  /** Beats the held leases until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, leaseSeconds } = this.#options;
    const periodMs = (leaseSeconds * 1000) / BEATS_PER_LEASE;
    let beganMs = clock.nowMs();
    while (!signal.aborted) {
      // The period runs from the start of one round to the start of the next, so that slow rounds do not cost a lease
      // one of its tries. The pause is never longer than one period, even if the clock was set back.
      const leftMs = beganMs + periodMs - clock.nowMs();
      await clock.sleep(Math.min(periodMs, Math.max(0, leftMs)), signal).catch(() => undefined);
      beganMs = clock.nowMs();
      if (!signal.aborted) await this.#beat(signal);
    }
  }

  /**
   * Makes the message visible again after `delaySeconds`; 0 means at once. Returns `lost` when the lease was lost
   * before.
   */
  async handBack(lease: Lease, delaySeconds: number, signal: AbortSignal): Promise<LeaseCallResult> {
    if (!this.#held.delete(lease.id)) return 'lost';
    const { queue } = this.#options;
    const change = { receiptHandle: lease.receiptHandle, visibilityTimeoutSeconds: delaySeconds };
    return this.#end(signal, () => queue.changeVisibility([change], signal));
  }

  /**
   * Deletes the message soon (deletions.ts), even if its lease is lost: the outcome exists, and SQS accepts a late
   * deletion where it can.
   */
  delete(lease: Lease, signal: AbortSignal): Promise<LeaseCallResult> {
    this.#held.delete(lease.id);
    return this.#deletions.add(lease.receiptHandle, signal);
  }

  /** Sends the gathered deletions now. */
  flushDeletions(signal: AbortSignal): void {
    this.#deletions.flush(signal);
  }

  /** Sends the gathered deletions now, and from now on every deletion at once, because the worker ends. */
  deleteAtOnce(signal: AbortSignal): void {
    this.#deletions.flushAlways(signal);
  }

  /** Retries the last change of a lease that is no longer held. */
  async #end(signal: AbortSignal, change: () => Promise<readonly LeaseCallResult[]>): Promise<LeaseCallResult> {
    await this.#round;
    for (let tries = 1; ; tries += 1) {
      const [result = 'failed'] = await change();
      if (result !== 'failed' || tries >= MAX_END_TRIES || signal.aborted) return result;
      await this.#options.clock.sleep(END_RETRY_MS, signal).catch(() => undefined);
    }
  }

  async #beat(signal: AbortSignal): Promise<void> {
    this.#round = this.#beatAll(signal).catch((error: unknown) => {
      if (!signal.aborted) this.#options.onTrouble(error);
    });
    await this.#round;
  }

  async #beatAll(signal: AbortSignal): Promise<void> {
    const { clock, leaseSeconds, queue, onOld } = this.#options;
    const nowMs = clock.nowMs();
    for (const { lease } of this.#held.values()) if (secondsLeft(lease, nowMs) <= 0) this.#lose(lease);
    const beaten = [...this.#held.values()];
    if (beaten.length === 0) return;
    const changes = beaten.map(({ lease }) => ({
      receiptHandle: lease.receiptHandle,
      visibilityTimeoutSeconds: Math.min(leaseSeconds, secondsLeft(lease, nowMs)),
    }));
    // A call that hangs must end before the next round is due.
    const mostMs = Math.max(1000, (leaseSeconds * 1000) / BEATS_PER_LEASE);
    const results = await within(clock, mostMs, signal, (timed) => queue.changeVisibility(changes, timed));
    for (const [index, held] of beaten.entries()) {
      if (!this.#held.has(held.lease.id)) continue; // it has ended meanwhile
      if (results[index] === 'lost') {
        this.#lose(held.lease);
      } else if (!held.reportedOld && nowMs - held.lease.receivedAtMs >= OLD_AFTER_MS) {
        held.reportedOld = true;
        onOld(held.lease);
      }
    }
  }

  #lose(lease: Lease): void {
    this.#held.delete(lease.id);
    this.#options.onLost(lease);
  }
}

/** The seconds until twelve hours after the receive. SQS refuses a longer extension instead of shortening it. */
function secondsLeft(lease: Lease, nowMs: number): number {
  return MAX_SECONDS_FROM_RECEIVE - Math.ceil((nowMs - lease.receivedAtMs) / 1000);
}
