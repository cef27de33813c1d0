/**
 * The messages of a queue, by what the clock says of them. No timer, no waiter, no I/O: time comes with each call.
 *
 * Invariants:
 * - Every message is in exactly one of the heaps `visible`, `inFlight`, `delayed`, and in `byAge` and `byId`.
 * - After `advance(now)` nothing that is due at `now` is still in flight or delayed, and nothing is past its retention:
 *   the sizes of the heaps are the counts.
 * - No operation costs more than O(log n) (`advance`: per message that changes).
 */
import { randomUUID } from 'node:crypto';
import { IndexedHeap } from './indexed-heap.js';
import type { Counts, Delivery, Message, MessageContent } from './message.js';

/**
 * A message received this often goes behind the others.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 */
const RECEIVES_BEFORE_LAST_PLACE = 3;

const sooner = (a: Message, b: Message): boolean => a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);

export class MessagePool {
  readonly #byId = new Map<string, Message>();
  readonly #visible = new IndexedHeap<'statePlace', Message>('statePlace', (a, b) => a.order < b.order);
  readonly #inFlight = new IndexedHeap<'statePlace', Message>('statePlace', sooner);
  readonly #delayed = new IndexedHeap<'statePlace', Message>('statePlace', sooner);
  readonly #byAge = new IndexedHeap<'agePlace', Message>('agePlace', (a, b) => a.sentMs < b.sentMs);
  #nextOrder = 0;

  /** The one place from which counts are read. */
  counts(): Counts {
    return { visible: this.#visible.size, inFlight: this.#inFlight.size, delayed: this.#delayed.size };
  }

  find(id: string): Message | undefined {
    return this.#byId.get(id);
  }

  /** The earliest moment at which a message becomes visible by itself. */
  nextDueMs(): number {
    return Math.min(this.#inFlight.peek()?.dueMs ?? Infinity, this.#delayed.peek()?.dueMs ?? Infinity);
  }

  advance(nowMs: number, retentionMs: number): void {
    for (const heap of [this.#inFlight, this.#delayed]) {
      for (let next = heap.peek(); next !== undefined && next.dueMs <= nowMs; next = heap.peek()) {
        this.#makeVisible(next);
      }
    }
    for (let oldest = this.#byAge.peek(); oldest !== undefined; oldest = this.#byAge.peek()) {
      if (oldest.sentMs + retentionMs > nowMs) break;
      this.remove(oldest);
    }
  }

  add(content: MessageContent, nowMs: number, delayMs: number): Message {
    const message: Message = {
      id: randomUUID(),
      content,
      sentMs: nowMs,
      state: delayMs > 0 ? 'delayed' : 'visible',
      order: this.#nextOrder++,
      dueMs: nowMs + delayMs,
      receivedMs: 0,
      firstReceivedMs: undefined,
      receiveCount: 0,
      receiveCountAtArrival: 0,
      receipt: 0,
      deadLetterSourceArn: undefined,
      statePlace: -1,
      agePlace: -1,
    };
    this.#insert(message);
    return message;
  }

  /** Takes in a message that has left another pool. */
  adopt(message: Message, deadLetterSourceArn: string): void {
    message.state = 'visible';
    message.order = this.#nextOrder++;
    message.receiveCountAtArrival = message.receiveCount;
    message.deadLetterSourceArn = deadLetterSourceArn;
    this.#insert(message);
  }

  /** The next message to deliver. It stays visible until `deliver` or `remove`. */
  peekVisible(): Message | undefined {
    return this.#visible.peek();
  }

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

  /** As if the delivery had not been: unless the message was received again or deleted since. */
  undo(delivery: Delivery): void {
    const { message } = delivery;
    if (this.#byId.get(message.id) !== message || message.receipt !== delivery.receipt) return;
    message.receiveCount -= 1;
    if (delivery.wasFirst) message.firstReceivedMs = undefined;
    if (message.state === 'in-flight') this.#makeVisible(message);
  }

  /** Of a message in flight. */
  changeDue(message: Message, dueMs: number): void {
    message.dueMs = dueMs;
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
    if (message.receiveCount >= RECEIVES_BEFORE_LAST_PLACE) message.order = this.#nextOrder++;
    message.state = 'visible';
    this.#visible.push(message);
  }

  #heapOf(message: Message): IndexedHeap<'statePlace', Message> {
    if (message.state === 'in-flight') return this.#inFlight;
    return message.state === 'delayed' ? this.#delayed : this.#visible;
  }
}
