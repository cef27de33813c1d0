/** A message and where it stands. Changed by message-pool.ts alone. */
import type { MessageAttributes } from './message-attributes.js';

/** What a sender gave. */
export interface MessageContent {
  readonly body: string;
  readonly bodyMd5: string;
  readonly attributes: MessageAttributes;
  readonly attributesMd5?: string;
  readonly traceHeader?: string;
  readonly traceHeaderMd5?: string;
  readonly groupId?: string;
}

export interface Message {
  readonly id: string;
  readonly content: MessageContent;
  /** Retention counts from here, in a dead-letter queue too. */
  readonly sentMs: number;
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
