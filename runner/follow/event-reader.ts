/**
 * Reads workers' events beside the passes of a follower.
 *
 * Invariants:
 * - A read delays no pass, however slow it is and whether or not it fails: `look` only starts one, and there is one at a time.
 * - What a pass found and only the events can explain (a reclaim: did its instance see a notice?) waits for the end of a read that began after it.
 */
import type { WorkerEvent } from '../../core/contract/events.js';
import { eventsEveryMs } from '../../core/pool/request-intervals.js';
import type { Clock } from '../ports.js';
import type { EventLog } from './event-log.js';

export interface EventReaderOptions {
  readonly log: Pick<EventLog, 'newEvents'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly onEvent: (event: WorkerEvent) => void;
  /** It is called when a read has ended. */
  readonly onRead: () => void;
  readonly onTrouble: (error: unknown) => void;
}

export class EventReader {
  readonly #instances = new Set<string>();
  #live = 0;
  #startedMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;
  #afterRead: (() => void)[] = [];

  readonly #options: EventReaderOptions;

  constructor(options: EventReaderOptions) {
    this.#options = options;
  }

  /** Takes note of the instances that are live now. The events of those that were live before are still read. */
  see(live: readonly string[]): void {
    for (const instance of live) this.#instances.add(instance);
    this.#live = live.length;
  }

  /** Calls `then` when a read that begins after this call has ended. */
  afterNextRead(then: () => void): void {
    this.#afterRead.push(then);
  }

  /** Starts a read when one is due. */
  look(signal: AbortSignal): void {
    const nowMs = this.#options.clock.nowMs();
    if (this.#reading !== undefined || nowMs - this.#startedMs < eventsEveryMs(this.#live)) return;
    this.#startedMs = nowMs;
    this.#reading = this.#read(signal).finally(() => (this.#reading = undefined));
  }

  /** Reads everything that was written before the call. */
  async finish(signal: AbortSignal): Promise<void> {
    await this.#reading;
    signal.throwIfAborted();
    await this.#read(signal);
    signal.throwIfAborted();
  }

  async #read(signal: AbortSignal): Promise<void> {
    const waiting = this.#afterRead;
    this.#afterRead = [];
    try {
      for await (const event of this.#options.log.newEvents(this.#instances, signal)) this.#options.onEvent(event);
    } catch (error) {
      if (signal.aborted) return;
      this.#options.onTrouble(error);
    }
    this.#options.onRead();
    for (const then of waiting) then();
  }
}
