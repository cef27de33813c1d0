/** Runs what the engine does beside its loop, and reports trouble as events: no rejection ends the worker. */
import { couldNot } from '../could-not.js';
import type { Clock, EventSink } from '../ports.js';

/** Maps the act in which trouble came, as events name it, to the words of a message. */
const ACTS = {
  'polling the queue': 'poll the queue',
  'beating leases': 'extend the leases',
  "reading the fleet's state": "read the fleet's state",
  'handing back a batch': 'hand back a batch',
  'discarding a message': 'discard a message',
  'leaving a batch to others': 'leave a batch to other instances',
  'ending a batch': 'end a batch',
  'looking whether jobs are over': 'check whether jobs are over',
  'looking whether queue and bucket answer': 'check whether the queue and the bucket answer',
  'looking for work of other jobs': 'look for work of other jobs',
  'saving finished items': 'save finished items',
} as const;

export type Doing = keyof typeof ACTS;

export class BackgroundWork {
  readonly #clock: Clock;
  readonly #events: EventSink;
  readonly #signal: AbortSignal;

  /** The signal aborts when the worker has ended. */
  constructor({ clock, events }: { readonly clock: Clock; readonly events: EventSink }, signal: AbortSignal) {
    this.#clock = clock;
    this.#events = events;
    this.#signal = signal;
  }

  reportTrouble(doing: Doing, error: unknown, next?: string): void {
    this.#events.emit({ code: 'trouble', doing, message: couldNot(ACTS[doing], error, next) });
  }

  /** Works on a single message. After a failure a message that was not deleted comes back: it was handed back, or its lease runs out. */
  start(doing: Doing, work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      if (!this.#signal.aborted)
        this.reportTrouble(doing, error, 'a message that was not deleted comes back by itself');
    });
  }

  /** Acts again and again, with a pause of `ms` before each time, until the worker has ended. */
  async every(ms: number, doing: Doing, act: () => Promise<void>): Promise<void> {
    while (!this.#signal.aborted) {
      await this.#clock.sleep(ms, this.#signal).catch(() => undefined);
      if (this.#signal.aborted) return;
      await act().catch((error: unknown) => this.reportTrouble(doing, error));
    }
  }
}
