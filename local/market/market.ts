/**
 * The Spot market: gives capacity, staggered, up to its own limit and those of its pools. Who takes it back: taker.ts.
 *
 * Invariants:
 * - A launch request is open until it is granted or cancelled, each once; requests are granted in the order in which they came due,
 *   but one whose pools are all short does not hold up another fleet's.
 * - No request is granted at a limit; whatever ends an instance or raises a limit lets the next in.
 * - What happens depends on the seed and on what was asked for, not on what day it is.
 */
import { arrivalDelaysMs, bootMs, type LaunchDelay, staggeredBootMs } from './arrivals.js';
import type { MarketClock } from './clock.js';
import { type MarketEvent, MarketLog } from './log.js';
import { CAPACITY_STEP_MS, type Pool, PoolCapacities, type PoolCapacity, poolName } from './pools.js';
import type { PriceChange, SpotPrices } from './prices.js';
import { type Random, seededRandom } from './random.js';
import { type MarketInstance, type ScriptedChange, type TakeableInstances, Taker, type TakerOptions } from './taker.js';

export interface MarketOptions extends TakerOptions {
  readonly arriveOverMs: number;
  /** How long instances boot; `none` is a moment. */
  readonly launchDelay: LaunchDelay;
  /** Most instances at once over all fleets. */
  readonly capacity: number;
  /** How many instances a pool has on average; the seed says which has more, and when. Infinity: no pool is ever short. */
  readonly poolCapacity: number;
  /** What single pools have, whatever the seed says. */
  readonly pools: readonly PoolCapacity[];
}

/** What the market takes from and gives to. */
export interface MarketInstances extends TakeableInstances {
  /** Those that hold capacity: pending, running, or on their way down. */
  live(): readonly Pool[];
}

export interface LaunchRequest {
  state: 'open' | 'granted' | 'cancelled';
  /** How long the instance is to be `pending`, in market milliseconds. */
  readonly bootMs: number;
}

interface QueuedRequest {
  readonly request: LaunchRequest;
  /** The pool that has room, best first; false if none has. */
  readonly grantIn: (hasRoom: (pool: Pool) => boolean) => Pool | undefined;
  /** Requests of one call want the same pools. */
  readonly asker: object;
}

export class Market {
  #capacity: number;
  #due: QueuedRequest[] = [];
  readonly log: MarketLog;
  readonly #pools: PoolCapacities;
  readonly #arrivals: Random;
  readonly #boots: Random;
  readonly #taker: Taker;
  #stopWatching: (() => void) | undefined;

  readonly #clock: MarketClock;
  readonly #prices: SpotPrices;
  readonly #instances: MarketInstances;

  constructor(
    readonly options: MarketOptions,
    clock: MarketClock,
    prices: SpotPrices,
    instances: MarketInstances,
  ) {
    this.#clock = clock;
    this.#prices = prices;
    this.#instances = instances;
    this.#capacity = options.capacity;
    this.log = new MarketLog(clock);
    this.#pools = new PoolCapacities(options.seed, options.poolCapacity, options.pools);
    this.#arrivals = seededRandom(options.seed, 'arrivals');
    this.#boots = seededRandom(options.seed, 'boots');
    this.#taker = new Taker(options, clock, instances, (event) => this.#changeByScript(event));
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** Requests that came due and found no room. */
  get short(): number {
    return this.#due.filter(({ request }) => request.state === 'open').length;
  }

  capacityOf(pool: Pool): number {
    return this.#pools.at(pool, this.#clock.marketMs());
  }

  setCapacity(capacity: number): void {
    this.#capacity = capacity;
    this.log.add({ kind: 'capacity', capacity: Number.isFinite(capacity) ? capacity : null });
    this.#grantDue();
  }

  setPoolCapacity(change: PoolCapacity): void {
    this.#pools.set(change);
    this.log.add({ kind: 'capacity', ...change.pool, capacity: change.capacity });
    this.#grantDue();
  }

  setPrice(change: PriceChange): void {
    this.#prices.set(change, this.#clock.nowMs());
    this.log.add({ kind: 'price', ...change.pool, dollarsPerHour: change.dollarsPerHour });
  }

  /**
   * Asks for `count` instances at once. Each request is granted when its instance may be launched, in the first of `pools` (looked up
   * then, best first) that has room.
   */
  request<P extends Pool>(
    count: number,
    pools: () => readonly P[],
    grant: (request: LaunchRequest, pool: P) => void,
  ): readonly LaunchRequest[] {
    const asker = {};
    return arrivalDelaysMs(count, this.options.arriveOverMs, this.#arrivals).map((delayMs) => {
      const request: LaunchRequest = { state: 'open', bootMs: bootMs(this.options, this.#boots) };
      const grantIn = (hasRoom: (pool: Pool) => boolean): Pool | undefined => {
        const pool = pools().find(hasRoom);
        if (pool === undefined) return undefined;
        request.state = 'granted';
        this.log.add({ kind: 'granted', instanceType: pool.instanceType, zone: pool.zone });
        grant(request, pool);
        return pool;
      };
      this.#clock.after(Math.max(0, delayMs - staggeredBootMs(this.options.arriveOverMs)), () => {
        this.#due.push({ request, grantIn, asker });
        this.#grantDue();
      });
      return request;
    });
  }

  instanceEnded(instance: MarketInstance): void {
    this.log.add({ kind: 'ended', ...placeOf(instance) });
    this.#grantDue();
  }

  instanceRuns(instance: MarketInstance): void {
    this.log.add({ kind: 'ran', ...placeOf(instance) });
    this.#taker.instanceRuns(instance);
  }

  #changeByScript(event: ScriptedChange): void {
    if (event.kind === 'price') this.setPrice(event);
    else if (event.pool === undefined) this.setCapacity(event.capacity ?? Infinity);
    else this.setPoolCapacity(event);
  }

  #grantDue(): void {
    if (this.#due.length === 0) return;
    const nowMs = this.#clock.marketMs();
    const taken = new Map<string, number>();
    for (const pool of this.#instances.live()) taken.set(poolName(pool), (taken.get(poolName(pool)) ?? 0) + 1);
    let live = this.#instances.live().length;
    const hasRoom = (pool: Pool): boolean => (taken.get(poolName(pool)) ?? 0) < this.#pools.at(pool, nowMs);
    const shortAskers = new Set<object>();
    for (const { request, grantIn, asker } of [...this.#due]) {
      if (live >= this.#capacity) break;
      if (request.state !== 'open' || shortAskers.has(asker)) continue;
      const pool = grantIn(hasRoom);
      if (pool === undefined) {
        shortAskers.add(asker);
        continue;
      }
      live += 1;
      taken.set(poolName(pool), (taken.get(poolName(pool)) ?? 0) + 1);
    }
    this.#due = this.#due.filter(({ request }) => request.state === 'open');
    this.#watchPools();
  }

  /** Pools that are short now may have more at the next step of their capacity. */
  #watchPools(): void {
    this.#stopWatching?.();
    this.#stopWatching = undefined;
    if (this.#due.length === 0 || !Number.isFinite(this.options.poolCapacity)) return;
    const untilNextMs = CAPACITY_STEP_MS - (this.#clock.marketMs() % CAPACITY_STEP_MS);
    this.#stopWatching = this.#clock.after(untilNextMs, () => this.#grantDue());
  }

  events(): readonly MarketEvent[] {
    return this.log.events();
  }
}

export const placeOf = ({ sequence, instanceType, zone }: MarketInstance): Omit<MarketInstance, 'id'> => ({
  sequence,
  instanceType,
  zone,
});
