/** A message and where it stands. Changed by message-pool.ts alone. */
import type { MessageAttributes } from './message-attributes.js';

/** What a sender gave. Digests are not kept: making them anew costs less than a million of them. */
export interface MessageContent {
  readonly body: string;
  readonly groupId: string | undefined;
  /** Undefined for none: an empty map is larger than most messages. */
  readonly attributes: MessageAttributes | undefined;
  readonly traceHeader: string | undefined;
}

/** A message as long as nothing has happened to it. A queue may hold a million: nothing is in it that can wait. */
export interface FreshMessage {
  /** One of MessageIds. Numbers grow with time: fresh messages are taken in their order. */
  readonly id: number;
  readonly content: MessageContent;
  /** Retention counts from here, in a dead-letter queue too. */
  readonly sentMs: number;
}

/** A message that was delayed or given out. */
export interface Message extends FreshMessage {
  state: 'visible' | 'in-flight' | 'delayed' | 'gone';
  /** Visible messages are taken in this order. */
  order: number;
  /** When the message becomes visible, unless it is visible. */
  dueMs: number;
  /** Of the newest receive: twelve hours count from here. */
  receivedMs: number;
  firstReceivedMs: number | undefined;
  receiveCount: number;
  /** The receive count with which it came into this queue: a redrive policy counts from it. */
  receiveCountAtArrival: number;
  /** Grows with each receive and never falls, so that a handle of an earlier one is known. */
  receipt: number;
  /** The last receive whose handle came back to change its visibility: that client has the message. */
  heldReceipt: number;
  /** The queue whose redrive policy moved it here. */
  deadLetterSourceArn: string | undefined;
  /** Places in the pool's heaps. */
  statePlace: number;
  agePlace: number;
}

/** One message handed to one receiver. */
export interface Delivery {
  readonly message: Message;
  readonly receipt: number;
  readonly wasFirst: boolean;
}

export interface Counts {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
}
