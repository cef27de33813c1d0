/**
 * The leases of all workers, as SQS saw them. Checks of several rules ask it. It is the first of the observers, so that it has seen a call before they do.
 *
 * A lease begins when a message is received, and ends when its holder deletes the message or makes it visible again, when somebody else receives it, or
 * when the message is lost.
 */
import { type BatchMessage, decodeBatchMessage } from '../../../core/contract/batch-message.js';
import { outcomeKey } from '../../../core/contract/keys.js';
import type { ReceivedMessage } from '../../../worker/ports.js';
import type { ServiceCall, Observer } from '../calls.js';
import type { SimulatedProcess } from '../process.js';
import type { World } from '../world/world.js';

export interface SeenLease {
  readonly receiptHandle: string;
  readonly messageId: string;
  /** Undefined for a message that is none of ours. */
  readonly message: BatchMessage | undefined;
  readonly receiveCount: number;
  readonly process: SimulatedProcess;
  readonly receivedAtMs: number;
  /** The outcome existed when the message was received. */
  readonly hadOutcome: boolean;
  /** The message's lease before this one. */
  readonly previous: SeenLease | undefined;
  /** The visibility that was asked for last, and when. */
  lastSeconds: number;
  lastAtMs: number;
  handedBackAtMs: number | undefined;
  deletedAtMs: number | undefined;
  /** Somebody else has received the message since. */
  lostAtMs: number | undefined;
}

export class HeldLeases implements Observer {
  readonly #byHandle = new Map<string, SeenLease>();
  /** The last lease of each message. */
  readonly #byMessage = new Map<string, SeenLease>();
  readonly #byProcess = new Map<SimulatedProcess, SeenLease[]>();

  of(receiptHandle: string): SeenLease | undefined {
    return this.#byHandle.get(receiptHandle);
  }

  /** Every lease that the process has ever had. */
  allOf(process: SimulatedProcess): readonly SeenLease[] {
    return this.#byProcess.get(process) ?? [];
  }

  onCall(call: ServiceCall, world: World): void {
    switch (call.operation) {
      case 'sqs.receive':
        for (const message of call.messages) this.#receive(message, call.visibilityTimeoutSeconds, call, world);
        return;
      case 'sqs.change-visibility':
        for (const [n, { receiptHandle, visibilityTimeoutSeconds }] of call.changes.entries()) {
          const lease = this.of(receiptHandle);
          // The message itself may be lost. Then nobody receives it any more, and SQS says that there is no such lease.
          if (lease !== undefined && call.results[n] === 'lost') lease.lostAtMs ??= call.atMs;
          if (lease === undefined || call.results[n] !== 'ok') continue;
          lease.lastSeconds = visibilityTimeoutSeconds;
          lease.lastAtMs = call.atMs;
          // A batch that failed is handed back with a pause. Beats ask for a whole lease.
          const isBeat = visibilityTimeoutSeconds === world.settings.leaseSeconds;
          if (!isBeat) lease.handedBackAtMs ??= call.atMs;
        }
        return;
      case 'sqs.delete':
        for (const [n, handle] of call.receiptHandles.entries()) {
          const lease = this.of(handle);
          if (lease !== undefined && call.results[n] === 'ok') lease.deletedAtMs ??= call.atMs;
        }
        return;
      default:
    }
  }

  #receive(
    { messageId, receiptHandle, body, receiveCount }: ReceivedMessage,
    lastSeconds: number,
    { atMs, process }: ServiceCall,
    world: World,
  ): void {
    const before = this.#byMessage.get(messageId);
    if (before !== undefined) before.lostAtMs ??= atMs;
    const message = decodeBatchMessage(body);
    const lease: SeenLease = {
      receiptHandle,
      messageId,
      message,
      receiveCount,
      process,
      receivedAtMs: atMs,
      hadOutcome:
        message !== undefined && world.bucket.objects.get(outcomeKey(message.job, message.batch)) !== undefined,
      previous: before,
      lastSeconds,
      lastAtMs: atMs,
      handedBackAtMs: undefined,
      deletedAtMs: undefined,
      lostAtMs: undefined,
    };
    this.#byHandle.set(receiptHandle, lease);
    this.#byMessage.set(messageId, lease);
    const own = this.#byProcess.get(process);
    if (own === undefined) this.#byProcess.set(process, [lease]);
    else own.push(lease);
  }
}

/** Whether the holder had the lease at this time. */
export function isHeldAt(lease: SeenLease, atMs: number): boolean {
  const { receivedAtMs, handedBackAtMs, deletedAtMs, lostAtMs, lastAtMs, lastSeconds } = lease;
  const endsMs = [handedBackAtMs, deletedAtMs, lostAtMs, lastAtMs + lastSeconds * 1000];
  return receivedAtMs <= atMs && endsMs.every((endMs) => endMs === undefined || endMs > atMs);
}
