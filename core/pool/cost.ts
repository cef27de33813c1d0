/** Computes the cost of instance time. A price that is not known makes the sum unknown, never smaller. */
import { onDemandDollarsPerHour } from './on-demand-prices.js';

export interface InstanceUse {
  readonly instance: string;
  readonly instanceType: string;
  readonly zone: string;
  /** The time that it was on, within the period that is paid for. */
  readonly seconds: number;
  /** AWS took the instance away before it ended itself. */
  readonly reclaimed: boolean;
  /** The time from launch to end. */
  readonly lifeSeconds: number;
}

export interface Cost {
  readonly instanceSeconds: number;
  /** The sum at Spot prices; absent when a pool's price is not known. */
  readonly spotDollars?: number;
  /** The sum at on-demand prices; absent when a type's price is not known. */
  readonly onDemandDollars?: number;
  /** The pools (`type zone`) and types without a price, which are named beside the missing sum. */
  readonly withoutSpotPrice: readonly string[];
  readonly withoutOnDemandPrice: readonly string[];
}

/** AWS does not bill an instance that it interrupts within the first hour. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/billing-for-interrupted-spot-instances.html */
const FREE_WHEN_INTERRUPTED_WITHIN_SECONDS = 3600;

export const poolName = (pool: { readonly instanceType: string; readonly zone: string }): string =>
  `${pool.instanceType} ${pool.zone}`;

/** Returns what the use costs on Spot. Undefined when the price of its pool is not known. */
export function dollarsOf(use: InstanceUse, spotDollarsPerHour: ReadonlyMap<string, number>): number | undefined {
  if (use.reclaimed && use.lifeSeconds < FREE_WHEN_INTERRUPTED_WITHIN_SECONDS) return 0;
  const spot = spotDollarsPerHour.get(poolName(use));
  return spot === undefined ? undefined : (spot * use.seconds) / 3600;
}

/** The keys of `spotDollarsPerHour` are those of `poolName`. */
export function costOf(uses: readonly InstanceUse[], spotDollarsPerHour: ReadonlyMap<string, number>): Cost {
  let spotDollars = 0;
  let onDemandDollars = 0;
  const withoutSpotPrice = new Set<string>();
  const withoutOnDemandPrice = new Set<string>();
  for (const use of uses) {
    const spot = dollarsOf(use, spotDollarsPerHour);
    if (spot === undefined) withoutSpotPrice.add(poolName(use));
    else spotDollars += spot;
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
