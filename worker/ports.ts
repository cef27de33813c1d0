/** What the worker needs from the world. `aws/` implements the first three; tests use fakes with the same semantics. */
import type { NewWorkerEvent } from '../core/contract/events.js';

export type { ObjectStore } from '../core/contract/object-store.js';

export interface ReceivedMessage {
  readonly messageId: string;
  /** Names this receive, and no other: a later receive of the same message has another handle. */
  readonly receiptHandle: string;
  readonly body: string;
  readonly receiveCount: number;
}

/** `lost`: SQS says that the handle is invalid, expired or not in flight (R2). `failed`: anything else; nothing is known. */
export type LeaseCallResult = 'ok' | 'lost' | 'failed';

export interface WorkQueue {
  /**
   * Long poll. The signal must be used only when time is short: messages that were under way stay in flight until
   * their visibility ends. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
   */
  receive(options: {
    readonly maxMessages: number;
    readonly waitSeconds: number;
    readonly visibilityTimeoutSeconds: number;
    readonly signal: AbortSignal;
  }): Promise<readonly ReceivedMessage[]>;
  /** One result per handle, in order; any number of handles (the adapter cuts into tens). Seconds from now; 0 hands back. */
  changeVisibility(
    changes: readonly { readonly receiptHandle: string; readonly visibilityTimeoutSeconds: number }[],
    signal: AbortSignal,
  ): Promise<readonly LeaseCallResult[]>;
  delete(receiptHandles: readonly string[], signal: AbortSignal): Promise<readonly LeaseCallResult[]>;
}

export type Notice =
  | { readonly kind: 'interruption'; readonly takesAtMs: number }
  | { readonly kind: 'rebalance'; readonly noticedAtMs: number };

export interface InstanceIdentity {
  readonly instance: string;
  readonly instanceType: string;
  readonly zone: string;
  readonly region: string;
}

export interface InstanceMetadata {
  identity(signal: AbortSignal): Promise<InstanceIdentity>;
  /** Every notice that is shown now; empty when there is none. */
  notices(signal: AbortSignal): Promise<readonly Notice[]>;
}

/** Where secrets are kept. */
export interface SecretReader {
  /** Rejects with `SecretRefused` when no second try finds another answer, and with anything else when one may (a throttle, a network that is down). */
  read(arn: string, signal: AbortSignal): Promise<string>;
}

/** The secret is not there, not ours to read, or no text. */
export class SecretRefused extends Error {
  override readonly name = 'SecretRefused';
}

/** Passed in, so that tests own the time. */
export interface Clock {
  nowMs(): number;
  /** Resolves after `ms`, or rejects with the signal's reason. Holds the process open unless `unref`. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export interface EventSink {
  emit(event: NewWorkerEvent): void;
}
