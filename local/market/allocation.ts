/**
 * Chooses the pools for a fleet's instances:
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-fleet-allocation-strategy.html
 */
import type { Pool } from './pools.js';

export type AllocationStrategy =
  'price-capacity-optimized' | 'capacity-optimized' | 'capacity-optimized-prioritized' | 'diversified' | 'lowest-price';

export interface PricedPool extends Pool {
  readonly dollarsPerHour: number;
  /** The pool's spare capacity, from 0 to 1. */
  readonly depth: number;
}

/** A fleet spreads over a few good pools, so that the reclaim of one pool does not take all instances. */
const SPREAD_OVER = 3;

/** Returns the preferred pools, the best first; a fleet takes them in turn. Empty only if `pools` is. */
export function preferredPools<P extends PricedPool>(strategy: AllocationStrategy, pools: readonly P[]): readonly P[] {
  const cheapest = [...pools].sort(byPrice);
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

/** Returns the preferred pools in turn, then the others, which a fleet tries when the preferred ones are short. */
export function poolsInOrder<P extends PricedPool>(
  strategy: AllocationStrategy,
  pools: readonly P[],
  turn: number,
): readonly P[] {
  const preferred = preferredPools(strategy, pools);
  const first = preferred.length === 0 ? 0 : turn % preferred.length;
  const others = pools.filter((pool) => !preferred.includes(pool));
  return [...preferred.slice(first), ...preferred.slice(0, first), ...others.sort(afterPreferred(strategy))];
}

const afterPreferred = (strategy: AllocationStrategy) => (strategy.startsWith('capacity') ? byDepth : byPrice);
const byPrice = (one: PricedPool, other: PricedPool): number => one.dollarsPerHour - other.dollarsPerHour;
const byDepth = (one: PricedPool, other: PricedPool): number => other.depth - one.depth;
