/** A queue with SQS's visibility on a test's clock. It notes every call. */
import type { Clock, LeaseCallResult, ReceivedMessage, WorkQueue } from '../../../worker/ports.js';

interface QueuedMessage {
  readonly id: string;
  readonly body: string;
  visibleAtMs: number;
  receives: number;
  handle: string | undefined;
}

export interface QueueCall {
  readonly call: 'receive' | 'beat' | 'hand-back' | 'delete';
  readonly handle: string;
  readonly atMs: number;
  readonly seconds?: number;
}

export class FakeQueue implements WorkQueue {
  readonly messages: QueuedMessage[] = [];
  readonly calls: QueueCall[] = [];
  /** Returns a result that replaces the queue's own. */
  refuse: (call: 'change' | 'delete', handle: string) => LeaseCallResult | undefined = () => undefined;
  failReceive: () => Error | undefined = () => undefined;
  /** How long a change takes to reach the queue. */
  changeDelayMs = 0;
  /** How long an answer to a receive takes. */
  receiveDelayMs = 0;
  /** How many messages each call of `delete` named. */
  readonly deletions: number[] = [];
  /** The number of `receive` calls. */
  receives = 0;
  /** The signals of polls and deletions. They are the worker's own, which live longer than any batch. */
  readonly signals = new Set<AbortSignal>();
  #sent = 0;

  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  send(body: string): void {
    this.messages.push({ id: `m${this.#sent++}`, body, visibleAtMs: 0, receives: 0, handle: undefined });
  }

  get visible(): number {
    return this.messages.filter((message) => message.visibleAtMs <= this.#clock.nowMs()).length;
  }

  /** Whether the message is visible, or a later receive has replaced the handle. */
  isVisible(handle: string): boolean {
    const message = this.messages.find((candidate) => candidate.handle === handle);
    return message === undefined || message.visibleAtMs <= this.#clock.nowMs();
  }

  async receive(options: Parameters<WorkQueue['receive']>[0]): Promise<readonly ReceivedMessage[]> {
    this.receives += 1;
    this.signals.add(options.signal);
    const error = this.failReceive();
    if (error !== undefined) throw error;
    const untilMs = this.#clock.nowMs() + options.waitSeconds * 1000;
    if (this.receiveDelayMs > 0) await this.#clock.sleep(this.receiveDelayMs, options.signal);
    for (;;) {
      const taken = this.#take(options.maxMessages, options.visibilityTimeoutSeconds);
      if (taken.length > 0 || this.#clock.nowMs() >= untilMs) return taken;
      await this.#clock.sleep(Math.min(100, untilMs - this.#clock.nowMs()), options.signal);
    }
  }

  async changeVisibility(
    changes: Parameters<WorkQueue['changeVisibility']>[0],
    signal: AbortSignal,
  ): Promise<readonly LeaseCallResult[]> {
    for (const { receiptHandle: handle, visibilityTimeoutSeconds: seconds } of changes) {
      const call = changes.length === 1 && seconds === 0 ? 'hand-back' : 'beat';
      this.calls.push({ call, handle, atMs: this.#clock.nowMs(), seconds });
    }
    if (this.changeDelayMs > 0) await this.#clock.sleep(this.changeDelayMs, signal);
    const nowMs = this.#clock.nowMs();
    return changes.map(({ receiptHandle, visibilityTimeoutSeconds }) => {
      const refused = this.refuse('change', receiptHandle);
      if (refused !== undefined) return refused;
      const message = this.messages.find((candidate) => candidate.handle === receiptHandle);
      if (message === undefined || message.visibleAtMs <= nowMs) return 'lost';
      message.visibleAtMs = nowMs + visibilityTimeoutSeconds * 1000;
      return 'ok';
    });
  }

  async delete(handles: readonly string[], signal: AbortSignal): Promise<readonly LeaseCallResult[]> {
    this.signals.add(signal);
    this.deletions.push(handles.length);
    return handles.map((handle) => {
      this.calls.push({ call: 'delete', handle, atMs: this.#clock.nowMs() });
      const refused = this.refuse('delete', handle);
      if (refused !== undefined) return refused;
      const index = this.messages.findIndex((candidate) => candidate.handle === handle);
      if (index >= 0) this.messages.splice(index, 1);
      return 'ok';
    });
  }

  #take(most: number, seconds: number): ReceivedMessage[] {
    const nowMs = this.#clock.nowMs();
    const taken = this.messages.filter((message) => message.visibleAtMs <= nowMs).slice(0, most);
    return taken.map((message) => {
      message.receives += 1;
      message.handle = `${message.id}#${message.receives}`;
      message.visibleAtMs = nowMs + seconds * 1000;
      this.calls.push({ call: 'receive', handle: message.handle, atMs: nowMs, seconds });
      return {
        messageId: message.id,
        receiptHandle: message.handle,
        body: message.body,
        receiveCount: message.receives,
      };
    });
  }
}
