/** What happened on the market, in order: for tests, and for people who look behind the scenes. The same seed writes the same. */
import type { MarketClock } from './clock.js';
import type { PoolSelector } from './pools.js';

export type MarketEvent = MarketHappening & {
  /** Since the market opened, in its own time. */
  readonly atMs: number;
};

/** `sequence` is an instance's place in the order of launches; the pool is its own, or those that something was said of. */
export type MarketHappening = PoolSelector &
  (
    | { readonly kind: 'granted' }
    | { readonly kind: 'ran' | 'rebalance' | 'ended'; readonly sequence: number }
    | { readonly kind: 'reclaim'; readonly sequence: number; readonly noticeMs: number | null }
    | { readonly kind: 'capacity'; readonly capacity: number | null }
    | { readonly kind: 'price'; readonly dollarsPerHour: number | null }
  );

/** More than a test or a person reads; the oldest are forgotten. */
const MOST_EVENTS = 10_000;

export class MarketLog {
  readonly #events: MarketEvent[] = [];

  readonly #clock: MarketClock;

  constructor(clock: MarketClock) {
    this.#clock = clock;
  }

  add(happening: MarketHappening): void {
    this.#events.push({ atMs: Math.round(this.#clock.marketMs()), ...happening });
    if (this.#events.length > MOST_EVENTS) this.#events.shift();
  }

  events(): readonly MarketEvent[] {
    return [...this.#events];
  }
}
