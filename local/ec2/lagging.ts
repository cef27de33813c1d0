/**
 * Keeps earlier states of things that change, for describe calls that see an old state while EC2 lags.
 *
 * Invariants:
 * - With no lag, `seen` returns the thing itself, and no earlier state is kept.
 * - With a lag, `seen` returns an immutable copy: the first state that was superseded after the requested moment,
 * or else the latest.
 * - Earlier states are kept at most as long as the thing itself (weakly held), as long as the lag, and up to
 * MAX_PAST.
 */

/**
 * A fleet or an instance changes a few times in its life. Above this number somebody sets tags in a loop, and the
 * oldest states are lost.
 */
const MAX_PAST = 100;

interface Superseded<Item> {
  readonly untilMs: number;
  /** Undefined means that the thing did not exist yet. */
  readonly was: Item | undefined;
}

interface Known<Item> {
  latest: Item;
  past: Superseded<Item>[];
}

export interface LagClock {
  nowMs(): number;
  /** The age of the state that is seen, in real time; read at each use. */
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

  /** Must be called after each change; the first call records the creation. */
  changed(item: Item): void {
    const known = this.#known.get(item);
    const latest = this.#copy(item);
    const superseded = { untilMs: this.#clock.nowMs(), was: known?.latest };
    const sinceMs = superseded.untilMs - this.#clock.lagMs();
    const past = this.#clock.lagMs() > 0 ? [...(known?.past ?? []), superseded] : [];
    this.#known.set(item, { latest, past: past.filter(({ untilMs }) => untilMs > sinceMs).slice(-MAX_PAST) });
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
