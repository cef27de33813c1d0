/**
 * How the worker ends itself: once and for ever, because of a notice, a signal, its age, a model or a batch that it cannot use (R3, R9).
 *
 * Invariants:
 * - A drain never ends before its deadline by being told of another reason, and is hurried only by one that leaves less time.
 * - By the deadline everything is saved and handed back; shortly after it the worker waits for nothing any more.
 */
import { decideDrain, SAVE_RESERVE_MS } from '../../core/batch/drain.js';
import type { Clock } from '../ports.js';
import type { HeldBatch } from '../batch/held-batch.js';

/** After SIGTERM, systemd and people wait: what cannot be handed back in this time runs out by its lease. */
const STOP_GRACE_MS = 1_500;

export type DrainReason = 'interruption' | 'stopped' | 'life' | 'unable' | 'outdated' | 'cut-off';

export interface DrainOptions {
  readonly clock: Clock;
  readonly held: Iterable<HeldBatch>;
  /** Longer than an open poll lasts. */
  readonly pollMs: number;
  /** The worker's own end. */
  readonly signal: AbortSignal;
  /** It has begun, was hurried, or its grace is over. */
  readonly onChange: () => void;
  /** Polls, and looks for tickets, are waited for no longer. */
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

  /** By when everything is to be saved and handed back; Infinity before it has begun. */
  get deadlineMs(): number {
    return this.#begun?.deadlineMs ?? Infinity;
  }

  /** Nothing is waited for any more. */
  get graceOver(): boolean {
    return this.#over;
  }

  /** Begins to end, or hurries an end that has begun; what is not done in the time that is left is saved and handed back. */
  begin(reason: DrainReason, leftMs: number): void {
    const { clock, held, onChange, pollMs, stopTaking } = this.#options;
    const deadlineMs = clock.nowMs() + leftMs;
    if (this.#begun !== undefined && !hurries(reason, deadlineMs, this.#begun)) return;
    this.#begun = { reason, deadlineMs };
    // A poll that is aborted may lose what it was about to bring for one lease: only when it cannot be waited for.
    if (leftMs < pollMs + SAVE_RESERVE_MS) stopTaking();
    for (const batch of held) drainBatch(batch, leftMs);
    void this.#enforce(leftMs);
    onChange();
  }

  /** However good the pace looked: what is not finished shortly before the deadline is saved. */
  async #enforce(leftMs: number): Promise<void> {
    const { clock, held, onChange, signal, stopTaking } = this.#options;
    await clock.sleep(Math.max(0, leftMs - SAVE_RESERVE_MS), signal).catch(() => undefined);
    for (const batch of held) batch.stop('drain');
    await clock.sleep(Math.min(leftMs, SAVE_RESERVE_MS) + STOP_GRACE_MS, signal).catch(() => undefined);
    this.#over = true;
    stopTaking(); // no ticket that S3 keeps it waiting for may keep the worker
    onChange();
  }
}

/** Whether a second reason to end changes how the first one is carried out. */
function hurries(reason: DrainReason, deadlineMs: number, begun: Begun): boolean {
  if (reason === 'stopped') return true;
  // An interrupted worker stays until AWS takes it, or its life is over.
  return begun.reason === 'interruption' ? reason === 'life' : deadlineMs < begun.deadlineMs;
}

function drainBatch(batch: HeldBatch, timeLeftMs: number): void {
  if (batch.phase === 'computing') {
    const view = { timeLeftMs, msPerItem: batch.msPerItem(), itemsLeft: batch.itemsLeft };
    if (decideDrain(view).action === 'finish') return;
  }
  batch.stop('drain');
}
