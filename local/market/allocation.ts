/** Which pools a fleet's instances come from: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-fleet-allocation-strategy.html */
import type { Pool } from './prices.js';
import { seededFraction } from './random.js';

export type AllocationStrategy =
  'price-capacity-optimized' | 'capacity-optimized' | 'capacity-optimized-prioritized' | 'diversified' | 'lowest-price';

export interface PricedPool extends Pool {
  readonly dollarsPerHour: number;
  /** 0 to 1: how much spare capacity the pool has. */
  readonly depth: number;
}

export const poolDepth = (seed: number, pool: Pool): number =>
  seededFraction(seed, `depth/${pool.instanceType}/${pool.zone}`);

/** A fleet spreads over a few good pools: one reclaimed pool must not take all. */
const SPREAD_OVER = 3;

/** Best first; a fleet takes them in turn. Empty only if `pools` is. */
export function preferredPools<P extends PricedPool>(strategy: AllocationStrategy, pools: readonly P[]): readonly P[] {
  const cheapest = [...pools].sort((one, other) => one.dollarsPerHour - other.dollarsPerHour);
  switch (strategy) {
    case 'lowest-price':
      return cheapest.slice(0, 1);
    case 'diversified':
      return cheapest;
    case 'capacity-optimized':
    case 'capacity-optimized-prioritized':
      return [...pools].sort(byDepth).slice(0, SPREAD_OVER);
    case 'price-capacity-optimized': {
      const deepHalf = [...pools].sort(byDepth).slice(0, Math.max(SPREAD_OVER, Math.ceil(pools.length / 2)));
      return cheapest.filter((pool) => deepHalf.includes(pool)).slice(0, SPREAD_OVER);
    }
  }
}

const byDepth = (one: PricedPool, other: PricedPool): number => other.depth - one.depth;
