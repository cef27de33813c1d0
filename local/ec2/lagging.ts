/**
 * Things that change, and what they were a while ago: what a describe call sees while EC2 lags.
 *
 * Invariants:
 * - With no lag, `seen` is the thing itself, and nothing past is kept.
 * - With a lag, `seen` is an immutable copy: the state that was superseded first after the moment asked for, or else the latest.
 * - What is kept of a thing ends with the thing (weakly held), with the lag, and at MOST_PAST states.
 */

/** A fleet or an instance changes a few times in its life; past this somebody sets tags in a loop, and its oldest states are lost. */
const MOST_PAST = 100;

interface Superseded<Item> {
  readonly untilMs: number;
  /** Undefined: it was not there yet. */
  readonly was: Item | undefined;
}

interface Known<Item> {
  latest: Item;
  past: Superseded<Item>[];
}

export interface LagClock {
  nowMs(): number;
  /** How long ago is seen, in real time; read at each use. */
  lagMs(): number;
}

export class Lagging<Item extends object> {
  readonly #known = new WeakMap<Item, Known<Item>>();

  readonly #copy: (item: Item) => Item;
  readonly #clock: LagClock;

  constructor(copy: (item: Item) => Item, clock: LagClock) {
    this.#copy = copy;
    this.#clock = clock;
  }

  /** To be called after each change; the first call is the making of the thing. */
  changed(item: Item): void {
    const known = this.#known.get(item);
    const latest = this.#copy(item);
    const superseded = { untilMs: this.#clock.nowMs(), was: known?.latest };
    const sinceMs = superseded.untilMs - this.#clock.lagMs();
    const past = this.#clock.lagMs() > 0 ? [...(known?.past ?? []), superseded] : [];
    this.#known.set(item, { latest, past: past.filter(({ untilMs }) => untilMs > sinceMs).slice(-MOST_PAST) });
  }

  seen(item: Item): Item | undefined {
    const lagMs = this.#clock.lagMs();
    if (lagMs <= 0) return item;
    const known = this.#known.get(item);
    const atMs = this.#clock.nowMs() - lagMs;
    const shown = known?.past.find(({ untilMs }) => untilMs > atMs);
    return shown === undefined ? (known?.latest ?? item) : shown.was;
  }
}
