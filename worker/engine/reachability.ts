/**
 * Whether the worker can still reach its queue and its bucket. The answer comes from the calls that the worker makes
 * anyway; no call is made for it.
 *
 * Invariants:
 * - Any answer counts as reached, even one that says that a lease is lost or an object missing.
 * - A call that its caller aborted says nothing.
 */
import { ObjectMissing } from '../../core/contract/object-store.js';
import type { Clock, ObjectStore, WorkQueue } from '../ports.js';

export class Reachability {
  readonly #queueTrouble = new Trouble();
  readonly #storeTrouble = new Trouble();

  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * How long neither the queue nor the bucket has answered although both were asked; 0 when one of them has answered.
   */
  get unreachableForMs(): number {
    const clock = this.#clock;
    const queueTrouble = this.#queueTrouble;
    const storeTrouble = this.#storeTrouble;
    const sinceMs = Math.max(queueTrouble.sinceMs, storeTrouble.sinceMs);
    return sinceMs === Infinity ? 0 : clock.nowMs() - sinceMs;
  }

  watchQueue(queue: WorkQueue): WorkQueue {
    const trouble = this.#queueTrouble;
    return {
      receive: (options) => this.#watch(trouble, options.signal, () => queue.receive(options)),
      changeVisibility: (changes, signal) =>
        this.#watch(trouble, signal, () => queue.changeVisibility(changes, signal), isAnswer),
      delete: (handles, signal) => this.#watch(trouble, signal, () => queue.delete(handles, signal), isAnswer),
    };
  }

  watchStore(store: ObjectStore): ObjectStore {
    const trouble = this.#storeTrouble;
    return {
      get: (key, options) => this.#watch(trouble, options.signal, () => store.get(key, options)),
      head: (key, options) => this.#watch(trouble, options.signal, () => store.head(key, options)),
      put: (key, body, options) => this.#watch(trouble, options.signal, () => store.put(key, body, options)),
      upload: (key, body, options) => this.#watch(trouble, options.signal, () => store.upload(key, body, options)),
      listFolder: (prefix, options) => this.#watch(trouble, options.signal, () => store.listFolder(prefix, options)),
      stream: (key, options) => this.#watchAll(options.signal, store.stream(key, options)),
      list: (prefix, options) => this.#watchAll(options.signal, store.list(prefix, options)),
    };
  }

  async #watch<T>(
    trouble: Trouble,
    signal: AbortSignal,
    call: () => Promise<T>,
    answers: (result: T) => boolean = () => true,
  ): Promise<T> {
    try {
      const result = await call();
      if (answers(result)) trouble.end();
      else if (!signal.aborted) trouble.begin(this.#clock.nowMs());
      return result;
    } catch (error) {
      if (!signal.aborted) trouble.begin(this.#clock.nowMs());
      throw error;
    }
  }

  async *#watchAll<T>(signal: AbortSignal, answers: AsyncIterable<T>): AsyncGenerator<T> {
    const trouble = this.#storeTrouble;
    try {
      for await (const answer of answers) {
        trouble.end();
        yield answer;
      }
      trouble.end();
    } catch (error) {
      if (error instanceof ObjectMissing) trouble.end();
      else if (!signal.aborted) trouble.begin(this.#clock.nowMs());
      throw error;
    }
  }
}

/** Whether SQS answered a lease call: a result is `failed` when SQS did not answer. */
const isAnswer = (results: readonly string[]): boolean =>
  results.length === 0 || results.some((result) => result !== 'failed');

class Trouble {
  /** The time of the first failed call since the last answer; Infinity when no call has failed since. */
  sinceMs = Infinity;

  begin(nowMs: number): void {
    this.sinceMs = Math.min(this.sinceMs, nowMs);
  }

  end(): void {
    this.sinceMs = Infinity;
  }
}
