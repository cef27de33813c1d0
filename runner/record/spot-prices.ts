/** Asks for the Spot prices of the pools in which instances ran. */
import { mapBounded } from '../../core/map-bounded.js';
import { poolName } from '../../core/pool/cost.js';
import type { SpotPrices } from '../ports.js';

const PRICES_AT_ONCE = 4;

/** A pool whose price is not available is left out; the cost names it. */
export async function pricesOf(
  uses: readonly { readonly instanceType: string; readonly zone: string }[],
  prices: SpotPrices,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const pools = [...new Map(uses.map((use) => [poolName(use), use])).entries()];
  const found = await mapBounded(pools, PRICES_AT_ONCE, async ([name, pool]) => {
    try {
      return [name, await prices.spotDollarsPerHour(pool, signal)] as const;
    } catch {
      signal.throwIfAborted();
      return [name, undefined] as const;
    }
  });
  return new Map(found.filter((entry): entry is readonly [string, number] => entry[1] !== undefined));
}
