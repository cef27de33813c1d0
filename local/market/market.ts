/**
 * The Spot market: gives capacity (staggered, up to its own limit and those of its pools) and takes it back (by rate, by script, and
 * when told to).
 *
 * Invariants:
 * - A launch request is open until it is granted or cancelled, each once; requests are granted in the order in which they came due,
 *   but one whose pools are all short does not hold up another fleet's.
 * - No request is granted at a limit; whatever ends an instance or raises a limit lets the next in.
 * - A scripted reclaim takes exactly one instance (or all): one that runs and is under no notice, or else the next that runs.
 * - What happens depends on the seed and on what was asked for, not on the clock: an instance's fate goes by the order of its launch.
 */
import { arrivalDelaysMs, bootMs, type LaunchDelay, staggeredBootMs } from './arrivals.js';
import type { MarketClock } from './clock.js';
import { type MarketEvent, MarketLog } from './log.js';
import {
  CAPACITY_STEP_MS,
  isSelected,
  type Pool,
  PoolCapacities,
  type PoolCapacity,
  poolName,
  type PoolSelector,
} from './pools.js';
import type { PriceChange, SpotPrices } from './prices.js';
import { type Random, seededFraction, seededRandom } from './random.js';
import { chooseVictim, lifetimeMs, type ScriptedEvent, type Taking } from './reclaims.js';

export interface MarketOptions {
  readonly seed: number;
  readonly arriveOverMs: number;
  /** How long instances boot; `none` is a moment. */
  readonly launchDelay: LaunchDelay;
  /** Most instances at once over all fleets. */
  readonly capacity: number;
  /** How many instances a pool has on average; the seed says which has more, and when. Infinity: no pool is ever short. */
  readonly poolCapacity: number;
  /** What single pools have, whatever the seed says. */
  readonly pools: readonly PoolCapacity[];
  /** Expected reclaims per instance-hour. */
  readonly reclaimRatePerHour: number;
  /** From 0 to 1: how many of the reclaims by rate come without a notice. */
  readonly unnoticedShare: number;
  readonly script: readonly ScriptedEvent[];
  /** How long before a reclaim its notice comes. */
  readonly noticeMs: number;
  /** How long before its notice an instance that the market takes is recommended for a rebalance; 0 is never. */
  readonly rebalanceLeadMs: number;
}

export interface MarketInstance extends Pool {
  readonly id: string;
  /** Order of launch. */
  readonly sequence: number;
}

/** What the market takes from and gives to. */
export interface MarketInstances {
  /** Those that hold capacity: pending, running, or on their way down. */
  live(): readonly Pool[];
  /** Those that run and are under no notice, oldest first. */
  takeable(): readonly MarketInstance[];
  reclaim(id: string, taking: Taking): void;
  recommendRebalance(id: string): void;
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
  readonly #victims: Random;
  #ranFirst = false;
  /** Scripted reclaims that found nobody to take. */
  readonly #waiting: (ScriptedEvent & { readonly kind: 'reclaim' })[] = [];
  #stopWatching: (() => void) | undefined;

  constructor(
    readonly options: MarketOptions,
    private readonly clock: MarketClock,
    private readonly prices: SpotPrices,
    private readonly instances: MarketInstances,
  ) {
    this.#capacity = options.capacity;
    this.log = new MarketLog(clock);
    this.#pools = new PoolCapacities(options.seed, options.poolCapacity, options.pools);
    this.#arrivals = seededRandom(options.seed, 'arrivals');
    this.#boots = seededRandom(options.seed, 'boots');
    this.#victims = seededRandom(options.seed, 'victims');
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** Requests that came due and found no room. */
  get short(): number {
    return this.#due.filter(({ request }) => request.state === 'open').length;
  }

  capacityOf(pool: Pool): number {
    return this.#pools.at(pool, this.clock.marketMs());
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
    this.prices.set(change, this.clock.nowMs());
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
      this.clock.after(Math.max(0, delayMs - staggeredBootMs(this.options.arriveOverMs)), () => {
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
    this.#takeByRate(instance);
    if (!this.#ranFirst) {
      this.#ranFirst = true;
      for (const event of this.options.script) this.#schedule(event);
    }
    const next = this.#waiting.findIndex(({ pool }) => isSelected(instance, pool));
    const [event] = next < 0 ? [] : this.#waiting.splice(next, 1);
    if (event !== undefined) this.#reclaimOne(event, 0);
  }

  #takeByRate({ id, sequence }: MarketInstance): void {
    const { seed, reclaimRatePerHour, unnoticedShare, rebalanceLeadMs, noticeMs } = this.options;
    const lifeMs = lifetimeMs(reclaimRatePerHour, seededFraction(seed, `lifetime/${sequence}`));
    if (lifeMs === Infinity) return;
    const isUnnoticed = seededFraction(seed, `unnoticed/${sequence}`) < unnoticedShare;
    const leadMs = Math.min(lifeMs, rebalanceLeadMs);
    this.clock.after(lifeMs - leadMs, () => {
      if (this.#isTakeable(id)) this.#takeAfter(leadMs, id, { noticeMs: isUnnoticed ? null : noticeMs });
    });
  }

  #schedule(event: ScriptedEvent): void {
    // The recommendation comes before the time that the script names, so that the notice comes at it.
    const leadMs = event.kind === 'reclaim' ? Math.min(event.afterMs, this.options.rebalanceLeadMs) : 0;
    this.clock.after(event.afterMs - leadMs, () => this.#happen(event, leadMs));
  }

  #happen(event: ScriptedEvent, leadMs: number): void {
    switch (event.kind) {
      case 'capacity':
        if (event.pool === undefined) this.setCapacity(event.capacity ?? Infinity);
        else this.setPoolCapacity(event);
        return;
      case 'price':
        return this.setPrice(event);
      case 'rebalance': {
        const candidates = this.#takeable(event.pool);
        const one = event.all === true ? undefined : chooseVictim(candidates, this.#victims);
        for (const { id } of event.all === true ? candidates : one === undefined ? [] : [one])
          this.instances.recommendRebalance(id);
        return;
      }
      case 'reclaim':
        if (event.all !== true) return this.#reclaimOne(event, leadMs);
        for (const { id } of this.#takeable(event.pool)) this.#takeAfter(leadMs, id, this.#takingOf(event));
    }
  }

  #reclaimOne(event: ScriptedEvent & { readonly kind: 'reclaim' }, leadMs: number): void {
    const victim = chooseVictim(this.#takeable(event.pool), this.#victims);
    if (victim === undefined) this.#waiting.push(event);
    else this.#takeAfter(leadMs, victim.id, this.#takingOf(event));
  }

  #takingOf({ noticeMs, takenAfterMs }: ScriptedEvent & { readonly kind: 'reclaim' }): Taking {
    return {
      noticeMs: noticeMs === undefined ? this.options.noticeMs : noticeMs,
      ...(takenAfterMs === undefined ? {} : { takenAfterMs }),
    };
  }

  #takeAfter(leadMs: number, id: string, taking: Taking): void {
    if (leadMs <= 0) return this.instances.reclaim(id, taking);
    this.instances.recommendRebalance(id);
    this.clock.after(leadMs, () => this.instances.reclaim(id, taking));
  }

  #takeable(selector?: PoolSelector): readonly MarketInstance[] {
    return this.instances.takeable().filter((instance) => isSelected(instance, selector));
  }

  #isTakeable(id: string): boolean {
    return this.instances.takeable().some((instance) => instance.id === id);
  }

  #grantDue(): void {
    if (this.#due.length === 0) return;
    const nowMs = this.clock.marketMs();
    const taken = new Map<string, number>();
    for (const pool of this.instances.live()) taken.set(poolName(pool), (taken.get(poolName(pool)) ?? 0) + 1);
    let live = this.instances.live().length;
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
    const untilNextMs = CAPACITY_STEP_MS - (this.clock.marketMs() % CAPACITY_STEP_MS);
    this.#stopWatching = this.clock.after(untilNextMs, () => this.#grantDue());
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
