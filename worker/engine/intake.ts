/**
 * The open polls of the queue.
 *
 * Invariants:
 * - Several are open at once only while the queue is known to hold more: the last poll that ended had brought something.
 * - A poll that failed counts as open until its pause is over, so that trouble is not multiplied.
 * - Whatever a poll brings is handed on, also when nothing is wanted any more.
 */
import type { Clock, ReceivedMessage, WorkQueue } from '../ports.js';

/** Of one receive. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html */
const MOST_MESSAGES_PER_POLL = 10;
/** Eighty batches a round trip: more than one process can compute, commit and delete meanwhile. */
const MOST_POLLS = 8;
const FIRST_PAUSE_MS = 500;
const LAST_PAUSE_MS = 30_000;

export interface IntakeOptions {
  readonly queue: WorkQueue;
  readonly clock: Clock;
  readonly leaseSeconds: number;
  /** Aborts the open polls. */
  readonly signal: AbortSignal;
  readonly onMessages: (messages: readonly ReceivedMessage[], elapsedMs: number) => void;
  readonly onTrouble: (error: unknown) => void;
  /** A poll has ended, with messages or without. */
  readonly onChange: () => void;
}

export class Intake {
  #polls = 0;
  #messagesAsked = 0;
  #backlog = false;
  #empty = false;
  #wasEmpty = false;
  #failures = 0;

  readonly #options: IntakeOptions;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#polls > 0;
  }

  /** Batches that open polls may bring. */
  get asked(): number {
    return this.#messagesAsked;
  }

  /** The last poll's answer; false before the first, and while polls fail. */
  get queueWasEmpty(): boolean {
    return this.#wasEmpty;
  }

  /** True once after a poll that came back empty, as long as no other is open. */
  takeEmpty(): boolean {
    const empty = this.#empty && this.#polls === 0;
    this.#empty = false;
    return empty;
  }

  ask(batches: number, waitSeconds: number): void {
    for (let left = batches; left > 0 && this.#mayOpen(); left -= MOST_MESSAGES_PER_POLL) {
      void this.#poll(Math.min(left, MOST_MESSAGES_PER_POLL), waitSeconds);
    }
  }

  #mayOpen(): boolean {
    return this.#polls === 0 || (this.#backlog && this.#polls < MOST_POLLS);
  }

  async #poll(maxMessages: number, waitSeconds: number): Promise<void> {
    const { clock, leaseSeconds, onChange, onMessages, queue, signal } = this.#options;
    this.#polls += 1;
    this.#messagesAsked += maxMessages;
    const startedAtMs = clock.nowMs();
    try {
      const asked = { maxMessages, waitSeconds, visibilityTimeoutSeconds: leaseSeconds, signal };
      const messages = await queue.receive(asked);
      this.#failures = 0;
      this.#backlog = messages.length > 0;
      this.#empty = messages.length === 0;
      this.#wasEmpty = this.#empty;
      onMessages(messages, clock.nowMs() - startedAtMs);
    } catch (error) {
      if (!signal.aborted) await this.#pause(error);
    } finally {
      this.#polls -= 1;
      this.#messagesAsked -= maxMessages;
      onChange();
    }
  }

  async #pause(error: unknown): Promise<void> {
    const { clock, onTrouble, signal } = this.#options;
    this.#backlog = false;
    this.#wasEmpty = false;
    onTrouble(error);
    const pauseMs = Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures++);
    await clock.sleep(pauseMs, signal).catch(() => undefined);
  }
}
