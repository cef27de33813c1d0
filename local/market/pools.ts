/**
 * The pools (type × zone) and how many instances each can give, over time: from the seed, unless somebody has said otherwise.
 * Capacity limits what is launched; nothing that runs is taken because of it.
 */
import { seededFraction } from './random.js';

export interface Pool {
  readonly instanceType: string;
  readonly zone: string;
}

/** Every pool that has what is given: all of them when nothing is. */
export type PoolSelector = Partial<Pool>;

export interface PoolCapacity {
  readonly pool?: PoolSelector;
  /** Instances; 0 is a shortage; null is what the seed says. */
  readonly capacity: number | null;
}

export const poolName = (pool: Pool): string => `${pool.instanceType}/${pool.zone}`;

export const isSelected = (pool: Pool, selector: PoolSelector | undefined): boolean =>
  (selector?.instanceType === undefined || selector.instanceType === pool.instanceType) &&
  (selector?.zone === undefined || selector.zone === pool.zone);

/** 0 to 1, for good: how much spare capacity a pool has, compared with others. What allocation strategies ask for. */
export const poolDepth = (seed: number, pool: Pool): number => seededFraction(seed, `depth/${poolName(pool)}`);

/** How long a pool's capacity stays what it is, in market time. */
export const CAPACITY_STEP_MS = 600_000;
/** How much of a pool's capacity belongs to it for good; the rest moves with time. */
const STEADY_SHARE = 0.6;
/** More changes than a test makes; the oldest are forgotten. */
const MOST_CHANGES = 1_000;

export class PoolCapacities {
  readonly #changes: PoolCapacity[];

  /** `mean` is that of all pools; Infinity has no limit anywhere. */
  constructor(
    readonly seed: number,
    readonly mean: number,
    given: readonly PoolCapacity[],
  ) {
    this.#changes = [...given];
  }

  /** The last word on a pool counts. */
  set(change: PoolCapacity): void {
    this.#changes.push(change);
    if (this.#changes.length > MOST_CHANGES) this.#changes.shift();
  }

  at(pool: Pool, marketMs: number): number {
    const said = this.#changes.findLast((change) => isSelected(pool, change.pool))?.capacity;
    return said ?? this.#seeded(pool, Math.floor(marketMs / CAPACITY_STEP_MS));
  }

  #seeded(pool: Pool, step: number): number {
    if (!Number.isFinite(this.mean)) return Infinity;
    const moved = seededFraction(this.seed, `capacity/${poolName(pool)}/${step}`);
    return Math.round(2 * this.mean * (STEADY_SHARE * poolDepth(this.seed, pool) + (1 - STEADY_SHARE) * moved));
  }
}
