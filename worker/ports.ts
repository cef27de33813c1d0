/**
 * The ports through which the worker reaches its surroundings. `aws/` implements the first three; tests use fakes with
 * the same semantics.
 */
import type { NewWorkerEvent } from '../core/contract/events.js';

export type { ObjectStore } from '../core/contract/object-store.js';

export interface ReceivedMessage {
  readonly messageId: string;
  /** Names this receive only: a later receive of the same message has another handle. */
  readonly receiptHandle: string;
  readonly body: string;
  readonly receiveCount: number;
}

/**
 * `lost`: SQS says that the handle is invalid, expired or not in flight (R2). `failed`: any other failure; nothing is
 * known about the lease.
 */
export type LeaseCallResult = 'ok' | 'lost' | 'failed';

export interface WorkQueue {
  /**
   * Long-polls. The signal must be used only when time is short: messages that were under way stay in flight until
   * their visibility ends.
   * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
   */
  receive(options: {
    readonly maxMessages: number;
    readonly waitSeconds: number;
    readonly visibilityTimeoutSeconds: number;
    readonly signal: AbortSignal;
  }): Promise<readonly ReceivedMessage[]>;
  /**
   * Returns one result per handle, in order. Takes any number of handles; the adapter sends them ten at a time. The
   * timeout is in seconds from now; 0 hands back.
   */
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
  /** Returns every notice that is shown now; empty when there is none. */
  notices(signal: AbortSignal): Promise<readonly Notice[]>;
}

export interface SecretReader {
  /**
   * Rejects with `SecretRefused` when a retry cannot help, and with any other error when it may (a throttle, a network
   * that is down).
   */
  read(arn: string, signal: AbortSignal): Promise<string>;
}

/** The secret does not exist, may not be read, or is not text. */
export class SecretRefused extends Error {
  override readonly name = 'SecretRefused';
}

/** The clock is passed in, so that tests control the time. */
export interface Clock {
  nowMs(): number;
  /** Resolves after `ms`, or rejects with the signal's reason. Holds the process open unless `unref`. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export interface EventSink {
  emit(event: NewWorkerEvent): void;
}
