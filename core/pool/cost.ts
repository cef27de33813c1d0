/** What instance time costs. A price that is not known makes the sum unknown, never smaller. */
import { onDemandDollarsPerHour } from './on-demand-prices.js';

export interface InstanceUse {
  readonly instance: string;
  readonly instanceType: string;
  readonly zone: string;
  /** Time on, within the period that is paid for. */
  readonly seconds: number;
  /** AWS took it; `lifeSeconds` is from launch to end. */
  readonly reclaimed: boolean;
  readonly lifeSeconds: number;
}

export interface Cost {
  readonly instanceSeconds: number;
  /** Absent when a pool's Spot price is not known. */
  readonly spotDollars?: number;
  /** What the same seconds cost on demand; absent when a type's price is not known. */
  readonly onDemandDollars?: number;
  /** Pools (`type zone`) and types without a price, to be named beside the missing sum. */
  readonly withoutSpotPrice: readonly string[];
  readonly withoutOnDemandPrice: readonly string[];
}

/** Interrupted within the first hour: not billed. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/billing-for-interrupted-spot-instances.html */
const FREE_WHEN_INTERRUPTED_WITHIN_SECONDS = 3600;

export const poolName = (pool: { readonly instanceType: string; readonly zone: string }): string =>
  `${pool.instanceType} ${pool.zone}`;

/** `spotDollarsPerHour` is keyed by `poolName`. */
export function costOf(uses: readonly InstanceUse[], spotDollarsPerHour: ReadonlyMap<string, number>): Cost {
  let spotDollars = 0;
  let onDemandDollars = 0;
  const withoutSpotPrice = new Set<string>();
  const withoutOnDemandPrice = new Set<string>();
  for (const use of uses) {
    const spot = spotDollarsPerHour.get(poolName(use));
    const free = use.reclaimed && use.lifeSeconds < FREE_WHEN_INTERRUPTED_WITHIN_SECONDS;
    if (!free && spot === undefined) withoutSpotPrice.add(poolName(use));
    else if (!free) spotDollars += ((spot ?? 0) * use.seconds) / 3600;
    const onDemand = onDemandDollarsPerHour(use.instanceType);
    if (onDemand === undefined) withoutOnDemandPrice.add(use.instanceType);
    else onDemandDollars += (onDemand * use.seconds) / 3600;
  }
  return {
    instanceSeconds: uses.reduce((sum, { seconds }) => sum + seconds, 0),
    ...(withoutSpotPrice.size === 0 ? { spotDollars } : {}),
    ...(withoutOnDemandPrice.size === 0 ? { onDemandDollars } : {}),
    withoutSpotPrice: [...withoutSpotPrice].sort(),
    withoutOnDemandPrice: [...withoutOnDemandPrice].sort(),
  };
}
