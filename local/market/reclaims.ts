/** Types and times of the market's reclaims. */
import type { PoolSelector } from './pools.js';
import type { Random } from './random.js';

/** The timing of a reclaim, in market milliseconds. */
export interface ReclaimTiming {
  /** The time between the notice and the reclaim that it announces; null reclaims without notice. */
  readonly noticeMs: number | null;
  /**
   * The time between the notice and the real end, for tests in which AWS breaks its promise. The default is
   * `noticeMs`.
   */
  readonly takenAfterMs?: number;
}

/** An event of a script, at a time after the first instance ran. */
export type ScriptedEvent = { readonly afterMs: number } & (
  | ({
      readonly kind: 'reclaim';
      /** True reclaims every running instance instead of one. */
      readonly all?: boolean;
      readonly pool?: PoolSelector;
      /** The default is the market's own notice. */
      readonly noticeMs?: number | null;
    } & Omit<ReclaimTiming, 'noticeMs'>)
  | { readonly kind: 'rebalance'; readonly all?: boolean; readonly pool?: PoolSelector }
  | { readonly kind: 'capacity'; readonly capacity: number | null; readonly pool?: PoolSelector }
  | { readonly kind: 'price'; readonly dollarsPerHour: number | null; readonly pool?: PoolSelector }
);

const HOUR_MS = 3_600_000;

/**
 * Draws the lifetime of an instance from an exponential distribution; `perHour` is the expected number of reclaims
 * an hour.
 */
export function lifetimeMs(perHour: number, fraction: number): number {
  return perHour <= 0 ? Infinity : (-Math.log(1 - fraction) / perHour) * HOUR_MS;
}

export function chooseVictim<T>(candidates: readonly T[], random: Random): T | undefined {
  return candidates[Math.floor(random() * candidates.length)];
}
