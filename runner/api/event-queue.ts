/**
 * Hands events from a producer that cannot wait to a consumer that may be slow.
 *
 * Invariants:
 * - Events come out in their order. Of progress only the newest waits, because it replaces what it was before.
 * - At most `MOST_WAITING` events wait. Those that find no room are counted, and an event says how many there were (R12).
 */
export interface QueuedEvent {
  readonly event: string;
}

/** A consumer that is this far behind is not reading any more. */
export const MOST_WAITING = 10_000;

export class EventQueue<Event extends QueuedEvent> {
  #waiting: Event[] = [];
  #lost = 0;
  #ended: { readonly error?: unknown } | undefined;
  #wake: () => void = () => undefined;

  readonly #tellLost: (count: number) => Event;

  constructor(tellLost: (count: number) => Event) {
    this.#tellLost = tellLost;
  }

  push(event: Event): void {
    const last = this.#waiting.at(-1);
    if (event.event === 'progress' && last?.event === 'progress') this.#waiting[this.#waiting.length - 1] = event;
    else if (this.#waiting.length < MOST_WAITING) this.#waiting.push(event);
    else this.#lost += 1;
    this.#wake();
  }

  /** Ends the queue behind the events that wait. With an error, the consumer gets it there. */
  end(error?: { readonly error: unknown }): void {
    this.#ended = error ?? {};
    this.#wake();
  }

  async *events(): AsyncGenerator<Event, void, undefined> {
    for (;;) {
      const waiting = this.#waiting;
      this.#waiting = [];
      const lost = this.#lost;
      this.#lost = 0;
      yield* waiting;
      if (lost > 0) yield this.#tellLost(lost);
      if (this.#waiting.length > 0) continue;
      if (this.#ended !== undefined) {
        if ('error' in this.#ended) throw this.#ended.error;
        return;
      }
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
