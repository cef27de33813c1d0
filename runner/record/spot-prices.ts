/** Asks for the Spot prices of the pools in which instances ran. */
import { mapBounded } from '../../core/map-bounded.js';
import { poolName } from '../../core/pool/cost.js';
import type { SpotPrices } from '../ports.js';

const PRICES_AT_ONCE = 4;
/** AWS changes Spot prices gradually, and limits how often it may be asked. */
const KEPT_FOR_MS = 600_000;

/** The answers of the market, each with its time. */
export type KnownPrices = Map<string, { readonly dollars: number | undefined; readonly atMs: number }>;

/** Returns a port that asks for a price again only when the answer is old. */
export const rememberPrices = (prices: SpotPrices, known: KnownPrices, nowMs: number): SpotPrices => ({
  spotDollarsPerHour: async (pool, signal) => {
    const before = known.get(poolName(pool));
    if (before !== undefined && nowMs - before.atMs < KEPT_FOR_MS) return before.dollars;
    const dollars = await prices.spotDollarsPerHour(pool, signal);
    known.set(poolName(pool), { dollars, atMs: nowMs });
    return dollars;
  },
});

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
