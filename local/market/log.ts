/**
 * The market's events, in order, for tests and for people who look behind the scenes. The same seed gives the same
 * events.
 */
import type { MarketClock } from './clock.js';
import type { PoolSelector } from './pools.js';

export type MarketEvent = MarketEventDetails & {
  /** The time since the market opened, in market time. */
  readonly atMs: number;
};

/**
 * `sequence` is an instance's place in the order of launches. The pool is the instance's own, or the one that an
 * order was for.
 */
export type MarketEventDetails = PoolSelector &
  (
    | { readonly kind: 'granted' }
    | { readonly kind: 'ran' | 'rebalance' | 'ended'; readonly sequence: number }
    | { readonly kind: 'reclaim'; readonly sequence: number; readonly noticeMs: number | null }
    | { readonly kind: 'capacity'; readonly capacity: number | null }
    | { readonly kind: 'price'; readonly dollarsPerHour: number | null }
  );

/** No test and no person reads more; the oldest are forgotten. */
const MAX_EVENTS = 10_000;

export class MarketLog {
  readonly #events: MarketEvent[] = [];

  readonly #clock: MarketClock;

  constructor(clock: MarketClock) {
    this.#clock = clock;
  }

  add(happening: MarketEventDetails): void {
    this.#events.push({ atMs: Math.round(this.#clock.marketMs()), ...happening });
    if (this.#events.length > MAX_EVENTS) this.#events.shift();
  }

  events(): readonly MarketEvent[] {
    return [...this.#events];
  }
}
