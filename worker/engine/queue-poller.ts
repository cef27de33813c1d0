/**
 * The open polls of the queue.
 *
 * Invariants:
 * - Several polls are open at once only while the queue is known to hold more: the last poll that ended had brought
 *   messages.
 * - A failed poll counts as open until its pause is over, so that trouble is not multiplied.
 * - Whatever a poll brings is passed on, even when nothing is wanted any more.
 */
import type { Clock, ReceivedMessage, WorkQueue } from '../ports.js';

/**
 * The limit of one receive.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
 */
const MAX_MESSAGES_PER_POLL = 10;
/**
 * Eight polls bring up to eighty batches a round trip, more than one process can compute, commit and delete meanwhile.
 */
const MAX_POLLS = 8;
const FIRST_PAUSE_MS = 500;
const LAST_PAUSE_MS = 30_000;

export interface QueuePollerOptions {
  readonly queue: WorkQueue;
  readonly clock: Clock;
  readonly leaseSeconds: number;
  /** The signal aborts the open polls. */
  readonly signal: AbortSignal;
  readonly onMessages: (messages: readonly ReceivedMessage[], elapsedMs: number) => void;
  readonly onTrouble: (error: unknown) => void;
  /** It is called when a poll has ended, with or without messages. */
  readonly onChange: () => void;
}

export class QueuePoller {
  #polls = 0;
  #messagesRequested = 0;
  #backlog = false;
  #emptyPoll = false;
  #queueWasEmpty = false;
  #failures = 0;

  readonly #options: QueuePollerOptions;

  constructor(options: QueuePollerOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#polls > 0;
  }

  /** How many batches the open polls may bring. */
  get requested(): number {
    return this.#messagesRequested;
  }

  /** Whether the last poll came back empty; false before the first poll and while polls fail. */
  get queueWasEmpty(): boolean {
    return this.#queueWasEmpty;
  }

  /** True once after a poll that came back empty, as long as no other poll is open. */
  takeEmptyPoll(): boolean {
    const empty = this.#emptyPoll && this.#polls === 0;
    this.#emptyPoll = false;
    return empty;
  }

  request(batches: number, waitSeconds: number): void {
    for (let left = batches; left > 0 && this.#mayOpen(); left -= MAX_MESSAGES_PER_POLL) {
      void this.#poll(Math.min(left, MAX_MESSAGES_PER_POLL), waitSeconds);
    }
  }

  #mayOpen(): boolean {
    return this.#polls === 0 || (this.#backlog && this.#polls < MAX_POLLS);
  }

  async #poll(maxMessages: number, waitSeconds: number): Promise<void> {
    const { clock, leaseSeconds, onChange, onMessages, queue, signal } = this.#options;
    this.#polls += 1;
    this.#messagesRequested += maxMessages;
    const startedAtMs = clock.nowMs();
    try {
      const wanted = { maxMessages, waitSeconds, visibilityTimeoutSeconds: leaseSeconds, signal };
      const messages = await queue.receive(wanted);
      this.#failures = 0;
      this.#backlog = messages.length > 0;
      this.#emptyPoll = messages.length === 0;
      this.#queueWasEmpty = this.#emptyPoll;
      onMessages(messages, clock.nowMs() - startedAtMs);
    } catch (error) {
      if (!signal.aborted) await this.#pause(error);
    } finally {
      this.#polls -= 1;
      this.#messagesRequested -= maxMessages;
      onChange();
    }
  }

  async #pause(error: unknown): Promise<void> {
    const { clock, onTrouble, signal } = this.#options;
    this.#backlog = false;
    this.#queueWasEmpty = false;
    onTrouble(error);
    const pauseMs = Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures++);
    await clock.sleep(pauseMs, signal).catch(() => undefined);
  }
}
