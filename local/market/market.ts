/**
 * The Spot market: grants capacity, staggered, up to its own limit and those of its pools. Reclaims are in
 * reclaimer.ts.
 *
 * Invariants:
 * - A launch request is open until it is granted or cancelled, each once. Requests are granted in the order in
 * which they became due, but one whose pools are all short does not block another fleet's.
 * - No request is granted at a limit; whatever ends an instance or raises a limit admits the next request.
 * - Events depend on the seed and on the requests, not on the date.
 */
import { arrivalDelaysMs, bootMs, type LaunchDelay, staggeredBootMs } from './arrivals.js';
import type { MarketClock } from './clock.js';
import { type MarketEvent, MarketLog } from './log.js';
import { CAPACITY_STEP_MS, type Pool, PoolCapacities, type PoolCapacity, poolName } from './pools.js';
import type { PriceChange, SpotPrices } from './prices.js';
import { type Random, seededRandom } from './random.js';
import {
  type MarketInstance,
  type ScriptedChange,
  type ReclaimableInstances,
  Reclaimer,
  type ReclaimerOptions,
} from './reclaimer.js';

export interface MarketOptions extends ReclaimerOptions {
  readonly arriveOverMs: number;
  /** The distribution of boot times; `none` boots almost immediately. */
  readonly launchDelay: LaunchDelay;
  /** The largest number of instances at the same time, over all fleets. */
  readonly capacity: number;
  /**
   * The average number of instances that a pool can give; the seed decides which pool has more, and when. With
   * Infinity no pool is ever short.
   */
  readonly poolCapacity: number;
  /** Capacities of single pools, which overrule the seed's. */
  readonly pools: readonly PoolCapacity[];
}

/** The instances that the market takes from and gives to. */
export interface MarketInstances extends ReclaimableInstances {
  /** Instances that hold capacity: pending, running, or shutting down. */
  live(): readonly Pool[];
}

export interface LaunchRequest {
  state: 'open' | 'granted' | 'cancelled';
  /** How long the instance is `pending`, in market milliseconds. */
  readonly bootMs: number;
}

interface QueuedRequest {
  readonly request: LaunchRequest;
  /** Returns the best pool that has room; undefined if none has. */
  readonly grantIn: (hasRoom: (pool: Pool) => boolean) => Pool | undefined;
  /** Requests of one call want the same pools, and share this object. */
  readonly asker: object;
}

export class Market {
  #capacity: number;
  #due: QueuedRequest[] = [];
  readonly log: MarketLog;
  readonly #pools: PoolCapacities;
  readonly #arrivals: Random;
  readonly #boots: Random;
  readonly #reclaimer: Reclaimer;
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
    this.#reclaimer = new Reclaimer(options, clock, instances, (event) => this.#changeByScript(event));
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** The number of requests that are due but find no room. */
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
   * Requests `count` instances at once. Each request is granted when its instance may be launched, in the first
   * pool that has room. `pools` is called then; it lists the best pool first.
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
    this.#reclaimer.instanceRuns(instance);
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

  /** Pools that are short now may have more capacity at its next step. */
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
