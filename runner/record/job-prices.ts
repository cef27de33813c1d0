/**
 * The Spot prices that a record counts with. A job that has ended is counted at the prices of its end, whenever somebody looks: the price history tells
 * them for 90 days, and whoever looks first keeps them beside the job.
 */
import {
  decodeJobPrices,
  encodeJobPrices,
  MOST_KEPT_PRICES,
  MOST_PRICES_BYTES,
} from '../../core/contract/job-prices.js';
import { pricesKey } from '../../core/contract/keys.js';
import { poolName } from '../../core/pool/cost.js';
import { iso } from '../../core/record/recorded-instances.js';
import { JSON_TYPE, type Kind, readObject } from '../controller/json-objects.js';
import { ObjectRefused } from '../../core/contract/object-store.js';
import type { ObjectStore, SpotPrices } from '../ports.js';
import { type KnownPrices, pricesOf, rememberPrices } from './spot-prices.js';

interface Pool {
  readonly instanceType: string;
  readonly zone: string;
}

export interface PricesRequest {
  readonly job: string;
  readonly pools: readonly Pool[];
  /** Absent while the job goes on. Then the prices are those of now. */
  readonly endedAtMs?: number;
  readonly nowMs: number;
  /** The prices that earlier looks have found. */
  readonly known: KnownPrices;
}

const KIND: Kind<NonNullable<ReturnType<typeof decodeJobPrices>>> = {
  name: 'the prices of a job',
  mostBytes: MOST_PRICES_BYTES,
  decode: decodeJobPrices,
};

export async function pricesOfJob(
  { store, prices }: { readonly store: ObjectStore; readonly prices: SpotPrices },
  { job, pools, endedAtMs, nowMs, known }: PricesRequest,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  if (endedAtMs === undefined) return pricesOf(pools, rememberPrices(prices, known, nowMs), signal);
  const names = new Set(pools.map(poolName));
  const remembered = new Map([...names].flatMap((name) => priceOf(known.get(atEnd(name, endedAtMs)), name)));
  if (remembered.size === names.size) return remembered;
  const endedAt = iso(endedAtMs);
  const stored = await readObject(store, pricesKey(job), KIND, signal);
  const isOfThisEnd = stored?.value !== undefined && Date.parse(stored.value.endedAt) === endedAtMs;
  const kept = new Map(isOfThisEnd ? Object.entries(stored.value?.dollarsPerHour ?? {}) : []);
  const missing = pools.filter((pool) => !kept.has(poolName(pool)));
  const asked = await pricesOf(missing, pricesAt(prices, endedAtMs), signal);
  const all = new Map([...kept, ...asked]);
  if (asked.size > 0) {
    const dollarsPerHour = Object.fromEntries([...all].slice(0, MOST_KEPT_PRICES));
    await keep(store, job, encodeJobPrices({ version: 1, endedAt, dollarsPerHour }), stored?.etag, signal);
  }
  for (const [name, dollars] of all) known.set(atEnd(name, endedAtMs), { dollars, atMs: nowMs });
  return all;
}

const atEnd = (name: string, endedAtMs: number): string => `${name} at ${endedAtMs}`;

const priceOf = (
  found: { readonly dollars: number | undefined } | undefined,
  name: string,
): readonly [string, number][] => (found?.dollars === undefined ? [] : [[name, found.dollars]]);

const pricesAt = (prices: SpotPrices, atMs: number): SpotPrices => ({
  spotDollarsPerHour: (pool, signal) => prices.spotDollarsPerHour(pool, signal, atMs),
});

/** A user who may only read finds the same prices in the price history again. Of two who write at once, both have the same prices. */
async function keep(
  store: ObjectStore,
  job: string,
  body: string,
  before: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const condition = before === undefined ? { ifNoneMatch: true } : { ifMatch: before };
  try {
    await store.put(pricesKey(job), body, { signal, contentType: JSON_TYPE, ...condition });
  } catch (error) {
    if (!(error instanceof ObjectRefused)) throw error;
  }
}
