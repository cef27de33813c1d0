/**
 * R2: nobody holds a message for longer than one lease without a beat, or beyond twelve hours; nothing is beaten after it was handed back or deleted; and
 * what is held is beaten, prefetched batches too.
 */
import type { Observer, ServiceCall } from '../calls.js';
import type { World } from '../world/world.js';
import type { NewWorkerEvent } from '../../../core/contract/events.js';
import type { SimulatedProcess } from '../process.js';
import type { Calm } from './calm.js';
import type { HeldLeases, SeenLease } from './held-leases.js';
import { jobOf } from './job-facts.js';

const TWELVE_HOURS_MS = 12 * 3_600_000;
/** A batch may be hidden for so long after an attempt (core/batch/give-up.ts) or trouble. */
const LONGEST_PAUSE_SECONDS = 60;
/** A lease that is shorter can run out because three beats in a row were slow. Several of them cannot. */
const LEAST_LEASE_SECONDS = 15;
const SHORT_LEASES_RUN_OUT = 3;

export class Leases implements Observer {
  readonly #leases: HeldLeases;
  readonly #calm: Calm;
  /** How many leases ran out while their holders were at work. */
  #ranOut = 0;
  /** When the change of a lease was asked for that ends it. */
  readonly #endAskedAtMs = new Map<string, number>();

  constructor(leases: HeldLeases, calm: Calm) {
    this.#leases = leases;
    this.#calm = calm;
  }

  onCall(call: ServiceCall, world: World): void {
    const { leaseSeconds } = world.settings;
    if (call.operation === 'sqs.receive') {
      if (call.visibilityTimeoutSeconds > leaseSeconds) {
        world.problem(`R2: ${call.process.name} asked for a lease of ${call.visibilityTimeoutSeconds} s`);
      }
      for (const { receiptHandle } of call.messages)
        this.#checkPrevious(this.#leases.of(receiptHandle)?.previous, world);
      return;
    }
    if (call.operation === 'sqs.delete') {
      for (const handle of call.receiptHandles) this.#ends(handle, call.askedAtMs);
      return;
    }
    if (call.operation !== 'sqs.change-visibility') return;
    for (const [n, { receiptHandle, visibilityTimeoutSeconds }] of call.changes.entries()) {
      const lease = this.#leases.of(receiptHandle);
      if (lease === undefined) continue;
      if (visibilityTimeoutSeconds === 0) this.#ends(receiptHandle, call.askedAtMs);
      else this.#checkBeat(lease, visibilityTimeoutSeconds, call, world);
      if (visibilityTimeoutSeconds > Math.max(leaseSeconds, LONGEST_PAUSE_SECONDS)) {
        world.problem(`R2: ${call.process.name} asked for ${visibilityTimeoutSeconds} s of visibility`);
      }
      const endMs = call.atMs + visibilityTimeoutSeconds * 1000;
      if (call.results[n] === 'ok' && endMs > lease.receivedAtMs + TWELVE_HOURS_MS) {
        world.problem(`R2: ${call.process.name} holds ${nameOf(lease)} beyond twelve hours`);
      }
    }
  }

  /** A lease is lost when SQS says so. A beat that failed for another reason aborts nothing. */
  onWorkerEvent(process: SimulatedProcess, event: NewWorkerEvent, world: World): void {
    if (event.code !== 'lease-lost') return;
    for (const lease of this.#leases.allOf(process)) {
      const { message, messageId, lostAtMs, handedBackAtMs, deletedAtMs, receiveCount } = lease;
      if (message?.job !== event.job || message?.batch !== event.batch) continue;
      const queued = world.queue.messages.get(messageId);
      const isInFlight = queued !== undefined && queued.place < 0 && queued.receives === receiveCount;
      const isEnded = [lostAtMs, handedBackAtMs, deletedAtMs].some((endMs) => endMs !== undefined);
      if (!isInFlight || isEnded || this.#hasOther(lease)) continue;
      world.problem(`R2: ${process.name} gave up ${nameOf(lease)}, and its lease was not lost`);
    }
  }

  /** A message that was sent twice gives a worker two leases of one batch: the event may be about the other one. */
  #hasOther({ message, process, receiptHandle }: SeenLease): boolean {
    return this.#leases
      .allOf(process)
      .some(
        (other) =>
          other.receiptHandle !== receiptHandle &&
          other.message?.job === message?.job &&
          other.message?.batch === message?.batch,
      );
  }

  #ends(handle: string, askedAtMs: number): void {
    if (!this.#endAskedAtMs.has(handle)) this.#endAskedAtMs.set(handle, askedAtMs);
  }

  #checkBeat(lease: SeenLease, seconds: number, { askedAtMs, process }: ServiceCall, world: World): void {
    const endAskedAtMs = this.#endAskedAtMs.get(lease.receiptHandle);
    if (endAskedAtMs !== undefined && askedAtMs > endAskedAtMs) {
      world.problem(`R2: ${process.name} beat ${nameOf(lease)} (${seconds} s) after it was handed back or deleted`);
    }
  }

  /** Whoever is at work on a message must not lose it to somebody else while nothing disturbs him. */
  #checkPrevious(before: SeenLease | undefined, world: World): void {
    const { leaseSeconds, duplicateShare } = world.settings;
    if (before === undefined || before.process.isDead) return;
    // A hand-back that this receive answers is told after it.
    const ranOutAtMs = before.lastAtMs + before.lastSeconds * 1000;
    if (world.clock.nowMs < ranOutAtMs) return;
    // A message that is delivered twice is visible soon after the first time, and may be taken much later.
    const wasNoisy = before.receivedAtMs <= world.clock.startMs + world.settings.chaosMs;
    if (wasNoisy && duplicateShare > 0) return;
    if (before.handedBackAtMs !== undefined || before.deletedAtMs !== undefined) return;
    if (this.#endAskedAtMs.has(before.receiptHandle) || mayBeHidden(before, world)) return;
    if (isLeaving(before.process, world)) return;
    // A poll whose reply was lost gives a lease of which its holder never hears. It may run out much earlier than somebody else receives it.
    const isHeard = before.lastAtMs > before.receivedAtMs;
    // Somebody else may receive the message long after that, when a freeze in which the lease ran out is over and forgotten.
    const calmMs = Math.max(
      world.clock.nowMs - ranOutAtMs + 4 * leaseSeconds * 1000,
      isHeard ? 0 : world.clock.nowMs - before.receivedAtMs,
    );
    // A clock that jumps is no excuse.
    if (!this.#calm.isServed(before.process, world, calmMs)) return;
    this.#ranOut += 1;
    if (leaseSeconds < LEAST_LEASE_SECONDS && this.#ranOut < SHORT_LEASES_RUN_OUT) return;
    world.problem(`R2: the lease of ${nameOf(before)} ran out while ${before.process.name} was at work on it`);
  }
}

/** A worker that ends may abort a poll, and then never learns what it was about to bring. */
function isLeaving(process: SimulatedProcess, world: World): boolean {
  const instance = world.fleet.instances.find(({ id }) => id === process.name);
  const isInterrupted = instance?.notices.some(({ kind }) => kind === 'interruption');
  return instance === undefined || instance.stop.signal.aborted || isInterrupted === true;
}

/** A worker that cannot use a model hides its batches for a while, which looks like a beat. */
function mayBeHidden({ message }: SeenLease, world: World): boolean {
  const behaviour = jobOf(world, message?.job ?? '')?.behaviour;
  return behaviour === undefined || behaviour.load !== 'loads' || behaviour.loadMs > SLOW_LOAD_MS;
}

/** worker/engine/slow-models.ts calls a model slow after a little more than this. */
const SLOW_LOAD_MS = 4_000;

export const nameOf = ({ message, messageId }: SeenLease): string =>
  message === undefined ? `message ${messageId}` : `batch ${message.batch} of ${message.job}`;
