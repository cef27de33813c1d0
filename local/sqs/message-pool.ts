/**
 * The messages of a queue, arranged by their times. It has no timer, no waiter and no I/O: each call passes the
 * time.
 *
 * Invariants:
 * - A message that was never received nor delayed is in `fresh`, in the order of sending, and nowhere else.
 * - Every other message is in exactly one of the heaps `visible`, `inFlight`, `delayed`, and in `byAge` and `byId`.
 * - After `advance(now)` no message that is due at `now` is still in flight or delayed, and none is past its
 * retention: the sizes of the heaps are the counts.
 * - No operation costs more than O(log n) on average (`advance`: per message that changes).
 */
import { Fifo } from './fifo.js';
import { IndexedHeap } from './indexed-heap.js';
import type { Counts, Delivery, FreshMessage, Message, MessageContent } from './message.js';
import type { MessageIds } from './message-ids.js';

/**
 * A message that was received this often goes behind the others.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 */
const RECEIVES_BEFORE_LAST_PLACE = 3;

const sooner = (a: Message, b: Message): boolean => a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);

export class MessagePool {
  readonly #ids: MessageIds;
  readonly #fresh = new Fifo<FreshMessage>();
  readonly #byId = new Map<number, Message>();
  readonly #visible = new IndexedHeap<'statePlace', Message>('statePlace', (a, b) => a.order < b.order);
  readonly #inFlight = new IndexedHeap<'statePlace', Message>('statePlace', sooner);
  readonly #delayed = new IndexedHeap<'statePlace', Message>('statePlace', sooner);
  readonly #byAge = new IndexedHeap<'agePlace', Message>('agePlace', (a, b) => a.sentMs < b.sentMs);

  constructor(ids: MessageIds) {
    this.#ids = ids;
  }

  /** All counts are read here. */
  counts(): Counts {
    return {
      visible: this.#fresh.size + this.#visible.size,
      inFlight: this.#inFlight.size,
      delayed: this.#delayed.size,
    };
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** Finds only messages that were received or delayed. */
  find(id: number): Message | undefined {
    return this.#byId.get(id);
  }

  /** Returns the earliest moment at which a message becomes visible by itself. */
  nextDueMs(): number {
    return Math.min(this.#inFlight.peek()?.dueMs ?? Infinity, this.#delayed.peek()?.dueMs ?? Infinity);
  }

  /** Returns the earliest moment at which the counts change by themselves. */
  nextChangeMs(retentionMs: number): number {
    const oldestMs = Math.min(this.#fresh.peek()?.sentMs ?? Infinity, this.#byAge.peek()?.sentMs ?? Infinity);
    return Math.min(this.nextDueMs(), oldestMs + retentionMs);
  }

  advance(nowMs: number, retentionMs: number): void {
    for (const heap of [this.#inFlight, this.#delayed]) {
      for (let next = heap.peek(); next !== undefined && next.dueMs <= nowMs; next = heap.peek()) {
        this.#makeVisible(next);
      }
    }
    for (let oldest = this.#fresh.peek(); oldest !== undefined; oldest = this.#fresh.peek()) {
      if (oldest.sentMs + retentionMs > nowMs) break;
      this.#fresh.shift();
    }
    for (let oldest = this.#byAge.peek(); oldest !== undefined; oldest = this.#byAge.peek()) {
      if (oldest.sentMs + retentionMs > nowMs) break;
      this.remove(oldest);
    }
  }

  /** Adds a message and returns its id. */
  add(content: MessageContent, nowMs: number, delayMs: number): number {
    const fresh = { id: this.#ids.next(), content, sentMs: nowMs };
    if (delayMs > 0) this.#insert(grown(fresh, 'delayed', nowMs + delayMs));
    else this.#fresh.push(fresh);
    return fresh.id;
  }

  /** Takes over a message from another pool. */
  adopt(message: Message, deadLetterSourceArn: string): void {
    message.state = 'visible';
    message.order = this.#ids.next();
    message.receiveCountAtArrival = message.receiveCount;
    message.deadLetterSourceArn = deadLetterSourceArn;
    this.#insert(message);
  }

  /** Returns the next message to deliver. It stays visible until `deliver` or `remove`. */
  peekVisible(): Message | undefined {
    const fresh = this.#fresh.peek();
    const returned = this.#visible.peek();
    if (fresh === undefined || (returned !== undefined && returned.order < fresh.id)) return returned;
    this.#fresh.shift();
    const message = grown(fresh, 'visible', fresh.sentMs);
    this.#insert(message);
    return message;
  }

  /** Delivers a visible message, or one in flight that is delivered a second time. */
  deliver(message: Message, nowMs: number, visibilityMs: number): Delivery {
    this.#heapOf(message).remove(message);
    const wasFirst = message.firstReceivedMs === undefined;
    message.firstReceivedMs ??= nowMs;
    message.receivedMs = nowMs;
    message.receiveCount += 1;
    message.receipt += 1;
    message.state = 'in-flight';
    message.dueMs = nowMs + visibilityMs;
    this.#inFlight.push(message);
    return { message, receipt: message.receipt, wasFirst };
  }

  /** Undoes a delivery, unless the message was received again or deleted since, or its handle was used. */
  undo(delivery: Delivery): void {
    const { message } = delivery;
    if (!this.isNewest(delivery) || message.heldReceipt === delivery.receipt) return;
    message.receiveCount -= 1;
    if (delivery.wasFirst) message.firstReceivedMs = undefined;
    if (message.state === 'in-flight') this.#makeVisible(message);
  }

  /** Whether the message still exists and was not received again. */
  isNewest({ message, receipt }: Delivery): boolean {
    return this.#byId.get(message.id) === message && message.receipt === receipt;
  }

  /** The message must be in flight. */
  changeDue(message: Message, dueMs: number): void {
    message.dueMs = dueMs;
    message.heldReceipt = message.receipt;
    this.#inFlight.update(message);
  }

  remove(message: Message): void {
    this.#heapOf(message).remove(message);
    this.#byAge.remove(message);
    this.#byId.delete(message.id);
    message.state = 'gone';
  }

  #insert(message: Message): void {
    this.#byId.set(message.id, message);
    this.#byAge.push(message);
    this.#heapOf(message).push(message);
  }

  #makeVisible(message: Message): void {
    this.#heapOf(message).remove(message);
    if (message.receiveCount >= RECEIVES_BEFORE_LAST_PLACE) message.order = this.#ids.next();
    message.state = 'visible';
    this.#visible.push(message);
  }

  #heapOf(message: Message): IndexedHeap<'statePlace', Message> {
    if (message.state === 'in-flight') return this.#inFlight;
    return message.state === 'delayed' ? this.#delayed : this.#visible;
  }
}

const grown = ({ id, content, sentMs }: FreshMessage, state: Message['state'], dueMs: number): Message => ({
  id,
  content,
  sentMs,
  state,
  order: id,
  dueMs,
  receivedMs: 0,
  firstReceivedMs: undefined,
  receiveCount: 0,
  receiveCountAtArrival: 0,
  receipt: 0,
  heldReceipt: 0,
  deadLetterSourceArn: undefined,
  statePlace: -1,
  agePlace: -1,
});
