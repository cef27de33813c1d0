/**
 * One queue: its messages, the polls that wait for them, and the one timer between the two.
 *
 * Invariants:
 * - Every operation begins with `#settle`, so that it sees the current state. Every change ends with it, so that no
 * poll waits while there is a message for it.
 * - A timer is armed only while a poll waits, for the earliest moment at which a message becomes visible or a poll
 * ends.
 * - A poll whose client is gone is dropped before it gets messages. Messages that were delivered to a client that
 * turns out to be gone come back through `takeBack`, as if they had not been received.
 */
import { randomUUID } from 'node:crypto';
import type { Imperfections } from '../faults/imperfections.js';
import type { Random } from '../market/random.js';
import type { Clock } from '../clock.js';
import { CountHistory } from './count-history.js';
import { invalidParameter, queueDoesNotExist, SqsError } from './errors.js';
import { MAX_VISIBILITY_SECONDS, PURGE_INTERVAL_MS } from './limits.js';
import type { Counts, Delivery, Message, MessageContent } from './message.js';
import type { MessageIds } from './message-ids.js';
import { MessagePool } from './message-pool.js';
import { decodeReceiptHandle, encodeReceiptHandle } from './receipt-handle.js';
import { Repeats } from './repeats.js';
import type { QueueSettings } from './settings.js';
import { Waiters, type ReceiveRequest, type Waiter } from './waiters.js';

/** The parts of the service that a queue uses. */
export interface QueueContext {
  readonly clock: Clock;
  readonly maxInFlight: number;
  readonly messageIds: MessageIds;
  /** The values change while the cloud runs, so they are read at each use. */
  readonly imperfections: Imperfections['sqs'];
  /** Returns the random stream of one purpose; the same seed gives the same stream. */
  random(purpose: string): Random;
  findByArn(arn: string): Queue | undefined;
}

export interface NewMessage {
  readonly content: MessageContent;
  readonly delayMs: number;
}

const TWELVE_HOURS_MS = MAX_VISIBILITY_SECONDS * 1000;

export class Queue {
  readonly id = randomUUID();
  readonly tags = new Map<string, string>();
  readonly createdMs: number;
  #modifiedMs: number;
  #settings: QueueSettings;
  #pool: MessagePool;
  readonly #waiters = new Waiters();
  readonly #repeats: Repeats;
  /** It is set only while counters lag. */
  #history: CountHistory | undefined;
  readonly #random: Random;
  /** Messages on their way to a dead-letter queue: removed here, not handed over yet. */
  readonly #dead: { readonly message: Message; readonly to: Queue }[] = [];
  #timer: { readonly dueMs: number; readonly cancel: () => void } | undefined;
  #purgedMs = -Infinity;
  #closed: Error | 'silently' | undefined;

  readonly #context: QueueContext;

  constructor(
    readonly name: string,
    readonly arn: string,
    settings: QueueSettings,
    context: QueueContext,
  ) {
    this.#context = context;
    this.#settings = settings;
    this.#pool = new MessagePool(context.messageIds);
    this.#random = context.random(name);
    this.#repeats = new Repeats(context.imperfections, context.random(`${name} repeats`));
    this.createdMs = this.#modifiedMs = context.clock.nowMs();
  }

  get settings(): QueueSettings {
    return this.#settings;
  }

  get modifiedMs(): number {
    return this.#modifiedMs;
  }

  /** The number of polls that wait now. */
  get waiting(): number {
    return this.#waiters.size;
  }

  changeSettings(settings: QueueSettings): void {
    this.#modifiedMs = this.#settle();
    this.#settings = settings;
    this.#settle();
  }

  counts(): Counts {
    this.#settle();
    return this.#pool.counts();
  }

  /** Returns the counts that clients see: the current ones, or earlier ones while counters lag. */
  reportedCounts(): Counts {
    const nowMs = this.#settle();
    return this.#history?.at(nowMs - this.#context.imperfections.counterLagMs) ?? this.#pool.counts();
  }

  /** Returns the ids of the messages. */
  send(messages: readonly NewMessage[]): readonly string[] {
    const nowMs = this.#settle();
    const ids = messages.map(({ content, delayMs }) => this.#pool.add(content, nowMs, delayMs));
    this.#settle();
    return ids.map((id) => this.#context.messageIds.text(id));
  }

  /** Takes a message from a queue whose redrive policy names this one. */
  adopt(message: Message, sourceArn: string): void {
    this.#settle();
    this.#pool.adopt(message, sourceArn);
    this.#settle();
  }

  async receive(request: ReceiveRequest, signal: AbortSignal): Promise<readonly Delivery[]> {
    const nowMs = this.#settle();
    if (this.#closed instanceof Error) throw this.#closed;
    if (signal.aborted || this.#closed !== undefined) return [];
    if (request.waitMs === 0 && this.#isFull()) {
      // A long poll gets no error but an empty answer.
      // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html
      throw new SqsError('OverLimit', `Too many messages in flight: at most ${this.#context.maxInFlight} may be.`);
    }
    const { emptyReceiveRate } = this.#context.imperfections;
    if (emptyReceiveRate > 0 && this.#pool.counts().visible > 0 && this.#random() < emptyReceiveRate) return [];
    // No earlier poll wants the messages that are still visible after settling.
    const taken = this.#take(request, nowMs);
    this.#settle();
    if (taken.length > 0 || request.waitMs === 0) return taken;
    return this.#wait(request, nowMs, signal);
  }

  takeBack(deliveries: readonly Delivery[]): void {
    this.#settle();
    for (const delivery of deliveries) this.#pool.undo(delivery);
    this.#settle();
  }

  idOf(message: Message): string {
    return this.#context.messageIds.text(message.id);
  }

  handleOf(delivery: Delivery): string {
    return encodeReceiptHandle(this.id, delivery);
  }

  /**
   * An old handle deletes nothing and is no error; the newest one deletes even after the visibility has expired.
   * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html
   */
  delete(handle: string): void {
    const { messageId, receipt } = decodeReceiptHandle(this.id, handle);
    this.#settle();
    const message = this.#pool.find(messageId);
    if (message?.receipt !== receipt) return;
    this.#pool.remove(message);
    this.#settle();
  }

  /** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html */
  changeVisibility(handle: string, visibilityTimeoutSeconds: number): void {
    const { messageId, receipt } = decodeReceiptHandle(this.id, handle);
    const nowMs = this.#settle();
    const message = this.#pool.find(messageId);
    if (message === undefined) {
      const reason = 'Message does not exist or is not available for visibility timeout change.';
      throw invalidParameter('ReceiptHandle', handle, reason);
    }
    if (message.receipt !== receipt) {
      throw invalidParameter('ReceiptHandle', handle, 'The receipt handle has expired.');
    }
    if (message.state !== 'in-flight') {
      throw new SqsError('MessageNotInflight', "The specified message isn't in flight.");
    }
    const dueMs = nowMs + visibilityTimeoutSeconds * 1000;
    if (dueMs >= message.receivedMs + TWELVE_HOURS_MS) {
      const reason = `Total VisibilityTimeout for the message is beyond the limit [${MAX_VISIBILITY_SECONDS} seconds].`;
      throw invalidParameter('VisibilityTimeout', visibilityTimeoutSeconds, reason);
    }
    this.#pool.changeDue(message, dueMs);
    this.#settle();
  }

  purge(): void {
    const nowMs = this.#settle();
    if (nowMs < this.#purgedMs + PURGE_INTERVAL_MS) {
      const message = `Only one PurgeQueue operation on ${this.name} is allowed every 60 seconds.`;
      throw new SqsError('PurgeQueueInProgress', message);
    }
    this.#purgedMs = nowMs;
    this.#pool = new MessagePool(this.#context.messageIds);
    this.#settle();
  }

  /** Returns the message that would be received next; for move tasks. */
  peekOldest(): Message | undefined {
    this.#settle();
    return this.#pool.peekVisible();
  }

  /** Removes the message from this queue; for move tasks. */
  release(message: Message): void {
    this.#pool.remove(message);
    this.#settle();
  }

  /** It is called when the queue is deleted: waiting polls get an error. */
  delist(): void {
    this.#close(queueDoesNotExist());
  }

  /** It is called when the service ends: waiting polls get an empty answer. */
  close(): void {
    this.#close('silently');
  }

  #close(how: Error | 'silently'): void {
    this.#closed = how;
    for (let waiter = this.#waiters.first(); waiter !== undefined; waiter = this.#waiters.first()) {
      if (how === 'silently') waiter.answer([]);
      else waiter.refuse(how);
    }
    this.#arm();
  }

  #wait(request: ReceiveRequest, nowMs: number, signal: AbortSignal): Promise<readonly Delivery[]> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiters.remove(waiter);
        signal.removeEventListener('abort', drop);
      };
      const waiter: Waiter = {
        ...request,
        endsMs: nowMs + request.waitMs,
        place: -1,
        answer: (deliveries) => {
          leave();
          resolve(deliveries);
        },
        refuse: (error) => {
          leave();
          reject(error);
        },
      };
      const drop = (): void => {
        waiter.answer([]);
        this.#arm();
      };
      signal.addEventListener('abort', drop);
      this.#waiters.add(waiter);
      this.#settle();
    });
  }

  /** Brings everything up to the current moment: due messages, waiting polls, the timer. */
  #settle(): number {
    const nowMs = this.#context.clock.nowMs();
    this.#advance(nowMs);
    for (let waiter = this.#waiters.first(); waiter !== undefined; waiter = this.#waiters.first()) {
      const taken = this.#take(waiter, nowMs);
      if (taken.length === 0) break;
      waiter.answer(taken);
      // Messages that were received with a visibility timeout of zero are due again, for the next waiting poll.
      this.#advance(nowMs);
    }
    for (let waiter = this.#waiters.firstToEnd(); waiter !== undefined; waiter = this.#waiters.firstToEnd()) {
      if (waiter.endsMs > nowMs) break;
      waiter.answer([]);
    }
    this.#remember(nowMs);
    this.#handOver();
    this.#arm();
    return nowMs;
  }

  #advance(nowMs: number): void {
    const { retentionMs } = this.#settings;
    if (this.#context.imperfections.counterLagMs > 0) {
      this.#history ??= new CountHistory(this.#pool.counts());
      // Changes are applied one at a time, although no request has read the counts since, because the history needs
      // the moment of each.
      let dueMs = this.#pool.nextChangeMs(retentionMs);
      for (; dueMs <= nowMs; dueMs = this.#pool.nextChangeMs(retentionMs)) {
        this.#pool.advance(dueMs, retentionMs);
        this.#remember(dueMs);
      }
    } else {
      this.#history = undefined;
      this.#pool.advance(nowMs, retentionMs);
    }
  }

  #remember(nowMs: number): void {
    this.#history?.record(nowMs, this.#pool.counts(), this.#context.imperfections.counterLagMs);
  }

  #isFull(): boolean {
    return this.#pool.inFlight >= this.#context.maxInFlight;
  }

  /** All deliveries happen here. Messages that were received too often go to the dead-letter queue instead. */
  #take(request: ReceiveRequest, nowMs: number): readonly Delivery[] {
    const { redrive } = this.#settings;
    const deadLetterQueue = redrive === undefined ? undefined : this.#context.findByArn(redrive.targetArn);
    const taken: Delivery[] = [];
    while (taken.length < request.max) {
      const message = this.#repeats.next(this.#pool);
      if (message === undefined) break;
      taken.push(this.#pool.deliver(message, nowMs, request.visibilityMs));
    }
    const repeated = taken.length;
    while (taken.length < request.max && !this.#isFull()) {
      const message = this.#pool.peekVisible();
      if (message === undefined) break;
      const receives = message.receiveCount - message.receiveCountAtArrival;
      if (redrive !== undefined && deadLetterQueue !== undefined && receives >= redrive.maxReceiveCount) {
        this.#pool.remove(message);
        this.#dead.push({ message, to: deadLetterQueue });
      } else {
        taken.push(this.#pool.deliver(message, nowMs, request.visibilityMs));
      }
    }
    this.#repeats.choose(taken.slice(repeated), redrive?.maxReceiveCount);
    return taken;
  }

  /**
   * Runs only when no operation of this queue is half done, because the other queue may hand messages back to this
   * one.
   */
  #handOver(): void {
    for (const { message, to } of this.#dead.splice(0)) to.adopt(message, this.arn);
  }

  #arm(): void {
    const firstEndMs = this.#waiters.firstToEnd()?.endsMs;
    const dueMs = firstEndMs === undefined ? undefined : Math.min(firstEndMs, this.#pool.nextDueMs());
    if (this.#timer?.dueMs === dueMs) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (dueMs === undefined) return;
    const cancel = this.#context.clock.after(dueMs - this.#context.clock.nowMs(), () => {
      this.#timer = undefined;
      this.#settle();
    });
    this.#timer = { dueMs, cancel };
  }
}
