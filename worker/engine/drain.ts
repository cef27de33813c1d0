/**
 * Ends the worker, once and for good: because of a notice, a signal, its age, or a model or batch that it cannot use
 * (R3, R9).
 *
 * Invariants:
 * - A second reason never ends a drain before its deadline. It hurries the drain only if it leaves less time.
 * - By the deadline everything is saved and handed back. Shortly after it the worker waits for nothing any more.
 */
import { decideDrain, SAVE_RESERVE_MS } from '../../core/batch/drain.js';
import type { Clock } from '../ports.js';
import type { HeldBatch } from '../batch/held-batch.js';

/**
 * How long the worker goes on after the deadline. After SIGTERM, systemd and people wait; a batch that cannot be handed
 * back in this time becomes visible when its lease runs out.
 */
const STOP_GRACE_MS = 1_500;

export type DrainReason = 'interruption' | 'stopped' | 'life' | 'unable' | 'outdated' | 'cut-off';

export interface DrainOptions {
  readonly clock: Clock;
  readonly held: Iterable<HeldBatch>;
  /** A time longer than an open poll lasts. */
  readonly pollMs: number;
  /** The signal aborts when the worker has ended. */
  readonly signal: AbortSignal;
  /** It is called when the drain has begun, was hurried, or its grace is over. */
  readonly onChange: () => void;
  /** Aborts the open polls and the search for exit tickets. */
  readonly stopTaking: () => void;
}

interface Begun {
  readonly reason: DrainReason;
  readonly deadlineMs: number;
}

export class Drain {
  #begun: Begun | undefined;
  #over = false;

  readonly #options: DrainOptions;

  constructor(options: DrainOptions) {
    this.#options = options;
  }

  get reason(): DrainReason | undefined {
    return this.#begun?.reason;
  }

  /** The time by which everything is to be saved and handed back; Infinity before the drain has begun. */
  get deadlineMs(): number {
    return this.#begun?.deadlineMs ?? Infinity;
  }

  /** The worker no longer waits for anything. */
  get graceOver(): boolean {
    return this.#over;
  }

  /**
   * Begins the drain, or hurries one that has begun. Work that is not done in the time that is left is saved and handed
   * back.
   */
  begin(reason: DrainReason, leftMs: number): void {
    const { clock, held, onChange, pollMs, stopTaking } = this.#options;
    const deadlineMs = clock.nowMs() + leftMs;
    if (this.#begun !== undefined && !hurries(reason, deadlineMs, this.#begun)) return;
    this.#begun = { reason, deadlineMs };
    // An aborted poll may hide the messages that it was about to bring for one lease. It is aborted only when there is
    // no time to wait for it.
    if (leftMs < pollMs + SAVE_RESERVE_MS) stopTaking();
    for (const batch of held) drainBatch(batch, leftMs);
    void this.#enforce(leftMs);
    onChange();
  }

  /** Saves, shortly before the deadline, whatever is not finished, however good the pace looked. */
  async #enforce(leftMs: number): Promise<void> {
    const { clock, held, onChange, signal, stopTaking } = this.#options;
    await clock.sleep(Math.max(0, leftMs - SAVE_RESERVE_MS), signal).catch(() => undefined);
    for (const batch of held) batch.stop('drain');
    await clock.sleep(Math.min(leftMs, SAVE_RESERVE_MS) + STOP_GRACE_MS, signal).catch(() => undefined);
    this.#over = true;
    stopTaking(); // a ticket that S3 delays must not keep the worker
    onChange();
  }
}

/** Whether a second reason to end changes how the first one is carried out. */
function hurries(reason: DrainReason, deadlineMs: number, begun: Begun): boolean {
  if (reason === 'stopped') return true;
  // An interrupted worker stays until AWS takes its instance, or until its maximum life is over.
  return begun.reason === 'interruption' ? reason === 'life' : deadlineMs < begun.deadlineMs;
}

function drainBatch(batch: HeldBatch, timeLeftMs: number): void {
  if (batch.phase === 'computing') {
    const view = { timeLeftMs, msPerItem: batch.slot?.msPerItem, itemsLeft: batch.itemsLeft };
    if (decideDrain(view).action === 'finish') return;
  }
  batch.stop('drain');
}
