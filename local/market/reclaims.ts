/** Which instances the market takes back, and when. */
import type { Random } from './random.js';

/** Take one running instance, this long after the first instance ran. */
export interface ScriptedReclaim {
  readonly afterMs: number;
  readonly notice: boolean;
}

const HOUR_MS = 3_600_000;

/** How long an instance lives when it is taken at `perHour` (expected reclaims an hour of its life): exponential. */
export function lifetimeMs(perHour: number, random: Random): number {
  return perHour <= 0 ? Infinity : (-Math.log(1 - random()) / perHour) * HOUR_MS;
}

export function chooseVictim<T>(candidates: readonly T[], random: Random): T | undefined {
  return candidates[Math.floor(random() * candidates.length)];
}
