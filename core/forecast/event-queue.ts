/**
 * The events of a simulated pool in the order of their times: a binary heap in typed arrays, because a forecast handles millions of events.
 *
 * Invariants:
 * - `take` gives the earliest event. Of events at the same time, the one that was added first comes first, so that a seed gives one answer.
 * - No object is made for an event: `take` leaves it in `atMs`, `kind` and `subject`.
 */

const FIRST_ROOM = 256;

export class EventQueue {
  atMs = 0;
  kind = 0;
  /** The number of the slot, instance or batch that the event is about. */
  subject = 0;

  #size = 0;
  #added = 0;
  #times = new Float64Array(FIRST_ROOM);
  #orders = new Float64Array(FIRST_ROOM);
  #kinds = new Uint8Array(FIRST_ROOM);
  #subjects = new Int32Array(FIRST_ROOM);

  get size(): number {
    return this.#size;
  }

  add(atMs: number, kind: number, subject: number): void {
    if (this.#size === this.#times.length) this.#grow();
    const order = this.#added;
    this.#added += 1;
    let at = this.#size;
    this.#size += 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(atMs, order, parent)) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#put(at, atMs, order, kind, subject);
  }

  /** Returns false when no event is left. */
  take(): boolean {
    if (this.#size === 0) return false;
    this.atMs = this.#times[0] ?? 0;
    this.kind = this.#kinds[0] ?? 0;
    this.subject = this.#subjects[0] ?? 0;
    this.#size -= 1;
    if (this.#size > 0) this.#sink(this.#size);
    return true;
  }

  /** Puts the event at `last` into the place of the one that was taken, and lets it sink. */
  #sink(last: number): void {
    const atMs = this.#times[last] ?? 0;
    const order = this.#orders[last] ?? 0;
    const kind = this.#kinds[last] ?? 0;
    const subject = this.#subjects[last] ?? 0;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= last) break;
      const right = child + 1;
      if (right < last && this.#isBefore(this.#times[right] ?? 0, this.#orders[right] ?? 0, child)) child = right;
      if (this.#isBefore(atMs, order, child)) break;
      this.#move(child, at);
      at = child;
    }
    this.#put(at, atMs, order, kind, subject);
  }

  #isBefore(atMs: number, order: number, other: number): boolean {
    const otherMs = this.#times[other] ?? 0;
    return atMs < otherMs || (atMs === otherMs && order < (this.#orders[other] ?? 0));
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#times[from] ?? 0, this.#orders[from] ?? 0, this.#kinds[from] ?? 0, this.#subjects[from] ?? 0);
  }

  #put(at: number, atMs: number, order: number, kind: number, subject: number): void {
    this.#times[at] = atMs;
    this.#orders[at] = order;
    this.#kinds[at] = kind;
    this.#subjects[at] = subject;
  }

  #grow(): void {
    const room = this.#times.length * 2;
    this.#times = copied(this.#times, new Float64Array(room));
    this.#orders = copied(this.#orders, new Float64Array(room));
    this.#kinds = copied(this.#kinds, new Uint8Array(room));
    this.#subjects = copied(this.#subjects, new Int32Array(room));
  }
}

function copied<Numbers extends { set(from: Numbers): void }>(from: Numbers, to: Numbers): Numbers {
  to.set(from);
  return to;
}
