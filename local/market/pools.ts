/**
 * The pools (type × zone) and the number of instances that each can give over time. The seed determines it, unless
 * an order overrules the seed. Capacity limits launches; it never takes a running instance.
 */
import { seededFraction } from './random.js';

export interface Pool {
  readonly instanceType: string;
  readonly zone: string;
}

/** Selects every pool with the given type and zone; an empty selector selects all pools. */
export type PoolSelector = Partial<Pool>;

export interface PoolCapacity {
  readonly pool?: PoolSelector;
  /** A number of instances: 0 is a shortage; null restores the seed's capacity. */
  readonly capacity: number | null;
}

export const poolName = (pool: Pool): string => `${pool.instanceType}/${pool.zone}`;

export const isSelected = (pool: Pool, selector: PoolSelector | undefined): boolean =>
  (selector?.instanceType === undefined || selector.instanceType === pool.instanceType) &&
  (selector?.zone === undefined || selector.zone === pool.zone);

/**
 * A pool's constant share of spare capacity compared with other pools, from 0 to 1. Allocation strategies compare
 * it.
 */
export const poolDepth = (seed: number, pool: Pool): number => seededFraction(seed, `depth/${poolName(pool)}`);

/** How long a pool's capacity stays constant, in market time. */
export const CAPACITY_STEP_MS = 600_000;
/** The share of a pool's capacity that is constant; the rest changes with time. */
const STEADY_SHARE = 0.6;
/** No test makes more changes; the oldest are forgotten. */
const MAX_CHANGES = 1_000;

export class PoolCapacities {
  readonly #changes: PoolCapacity[];

  /** `mean` is the average over all pools; Infinity means no limit anywhere. */
  constructor(
    readonly seed: number,
    readonly mean: number,
    given: readonly PoolCapacity[],
  ) {
    this.#changes = [...given];
  }

  /** The last change of a pool counts. */
  set(change: PoolCapacity): void {
    this.#changes.push(change);
    if (this.#changes.length > MAX_CHANGES) this.#changes.shift();
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
