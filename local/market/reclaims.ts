/** Which instances the market takes back, and when. */
import type { PoolSelector } from './pools.js';
import type { Random } from './random.js';

/** How an instance is taken: in market milliseconds. */
export interface Taking {
  /** From the notice to the time that it says; null is without notice. */
  readonly noticeMs: number | null;
  /** From the notice to the end, when AWS keeps its word badly; what the notice says unless given. */
  readonly takenAfterMs?: number;
}

/** What happens by script, so long after the first instance ran. */
export type ScriptedEvent = { readonly afterMs: number } & (
  | ({
      readonly kind: 'reclaim';
      /** Every one that there is, not one of them. */
      readonly all?: boolean;
      readonly pool?: PoolSelector;
      /** The market's own notice unless given. */
      readonly noticeMs?: number | null;
    } & Omit<Taking, 'noticeMs'>)
  | { readonly kind: 'rebalance'; readonly all?: boolean; readonly pool?: PoolSelector }
  | { readonly kind: 'capacity'; readonly capacity: number | null; readonly pool?: PoolSelector }
  | { readonly kind: 'price'; readonly dollarsPerHour: number | null; readonly pool?: PoolSelector }
);

const HOUR_MS = 3_600_000;

/** How long an instance lives when it is taken at `perHour` (expected reclaims an hour of its life): exponential. */
export function lifetimeMs(perHour: number, fraction: number): number {
  return perHour <= 0 ? Infinity : (-Math.log(1 - fraction) / perHour) * HOUR_MS;
}

export function chooseVictim<T>(candidates: readonly T[], random: Random): T | undefined {
  return candidates[Math.floor(random() * candidates.length)];
}
