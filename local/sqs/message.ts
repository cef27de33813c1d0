/** A message and its state, which only message-pool.ts changes. */
import type { MessageAttributes } from './message-attributes.js';

/**
 * The content that a sender gave. Digests are not kept: computing them anew costs less than keeping a million of
 * them.
 */
export interface MessageContent {
  readonly body: string;
  readonly groupId: string | undefined;
  /** Undefined if there are none: an empty map would be larger than most messages. */
  readonly attributes: MessageAttributes | undefined;
  readonly traceHeader: string | undefined;
}

/**
 * A message that was never received nor delayed. A queue may hold a million of them, so it has no fields that only
 * a later state needs.
 */
export interface FreshMessage {
  /** An id of MessageIds. Ids grow with time: fresh messages are received in their order. */
  readonly id: number;
  readonly content: MessageContent;
  /** Retention counts from this time, in a dead-letter queue, too. */
  readonly sentMs: number;
}

/** A message that was delayed or received. */
export interface Message extends FreshMessage {
  state: 'visible' | 'in-flight' | 'delayed' | 'gone';
  /** Visible messages are received in this order. */
  order: number;
  /** The time at which the message becomes visible; unused while it is visible. */
  dueMs: number;
  /** The time of the newest receive, from which twelve hours count. */
  receivedMs: number;
  firstReceivedMs: number | undefined;
  receiveCount: number;
  /** The receive count when the message came into this queue; a redrive policy counts from it. */
  receiveCountAtArrival: number;
  /** Grows with each receive and never falls, so that handles of earlier receives are recognized. */
  receipt: number;
  /** The last receive whose handle was used to change the visibility: its client has the message. */
  heldReceipt: number;
  /** The queue whose redrive policy moved the message here. */
  deadLetterSourceArn: string | undefined;
  /** The message's places in the pool's heaps. */
  statePlace: number;
  agePlace: number;
}

/** One delivery of a message to a receiver. */
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
