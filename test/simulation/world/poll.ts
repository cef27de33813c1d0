/**
 * One long poll. It answers when a message is there, and after its time without any. A poll that is aborted, or whose reply is lost, leaves the
 * messages that it was about to bring in flight.
 */
import type { ReceivedMessage, WorkQueue } from '../../../worker/ports.js';
import type { SimulatedProcess } from '../process.js';
import { POLLS } from '../../../aws/call-limits.js';
import { CallFailed, silentForMs } from './network.js';
import type { World } from './world.js';

type ReceiveOptions = Parameters<WorkQueue['receive']>[0];

/** The share of polls that come back empty although there are messages. */
const EMPTY_SHARE = 0.02;
const LEAST_MS = 1;
const MOST_MS = 40;
const FAILS_AFTER_MS = 2_000;

export class SimulatedPoll {
  readonly answer: Promise<readonly ReceivedMessage[]>;
  #resolve: (messages: readonly ReceivedMessage[]) => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;
  #isOver = false;
  #hasAnswered = false;
  readonly #abort = (): void => {
    this.#isOver = true;
    this.#reject(this.#options.signal.reason as Error);
  };

  readonly #world: World;
  readonly #process: SimulatedProcess;
  readonly #options: ReceiveOptions;
  readonly #askedAtMs: number;

  constructor(world: World, process: SimulatedProcess, options: ReceiveOptions) {
    this.#world = world;
    this.#process = process;
    this.#options = options;
    this.#askedAtMs = world.clock.nowMs;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const { signal } = options;
    if (signal.aborted) {
      this.#abort();
      return;
    }
    signal.addEventListener('abort', this.#abort, { once: true });
    world.clock.after(this.#lagMs(), undefined, () => this.#arrive());
  }

  /** A message is visible: the poll takes it, unless nobody holds the connection any more. */
  offer(): void {
    if (this.#hasAnswered) return;
    if (this.#isGone) {
      this.#world.queue.waiting.delete(this);
      return;
    }
    this.#reply();
  }

  /** SQS notices a connection that was closed; of a process that was killed it may notice nothing yet. */
  get #isGone(): boolean {
    return this.#isOver || (this.#process.isDead && this.#process.random.chance(0.5));
  }

  #arrive(): void {
    const { clock, queue } = this.#world;
    const lost = this.#world.lossOf('sqs', this.#process);
    if (lost !== undefined) return this.#fail(lost === 'silent' ? silentForMs(POLLS) : FAILS_AFTER_MS);
    const isEmpty = this.#world.isNoisy && this.#process.random.chance(EMPTY_SHARE);
    if (isEmpty || queue.hasVisible) return this.#reply(isEmpty);
    queue.waiting.add(this);
    clock.after(this.#options.waitSeconds * 1000, undefined, () => {
      if (!this.#hasAnswered) this.#reply();
    });
  }

  #reply(isEmpty = false): void {
    const { clock, queue } = this.#world;
    const { maxMessages, visibilityTimeoutSeconds } = this.#options;
    this.#hasAnswered = true;
    queue.waiting.delete(this);
    const messages = isEmpty || this.#isGone ? [] : queue.take(maxMessages, visibilityTimeoutSeconds);
    this.#world.tell(this.#process, { operation: 'sqs.receive', visibilityTimeoutSeconds, messages }, this.#askedAtMs);
    const lost = this.#world.lossOf('sqs', this.#process);
    if (lost !== undefined) return this.#fail(lost === 'silent' ? silentForMs(POLLS) : FAILS_AFTER_MS);
    clock.after(this.#lagMs(), this.#process, () => this.#settle(() => this.#resolve(messages)));
  }

  #fail(afterMs: number): void {
    if (!Number.isFinite(afterMs)) return;
    this.#world.clock.after(afterMs, this.#process, () =>
      this.#settle(() => this.#reject(new CallFailed('sqs: the poll failed'))),
    );
  }

  #settle(act: () => void): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.signal.removeEventListener('abort', this.#abort);
    act();
  }

  #lagMs(): number {
    return this.#process.random.between(LEAST_MS, MOST_MS);
  }
}
