/** When instances that were asked for at once come up: the first at once, the others one after another over `arriveOverMs`. */
import type { Random } from './random.js';

/** In market milliseconds from now, in rising order. */
export function arrivalDelaysMs(count: number, arriveOverMs: number, random: Random): readonly number[] {
  const gapMs = count > 1 ? arriveOverMs / (count - 1) : 0;
  return Array.from({ length: count }, (_, index) => (index === 0 ? 0 : (index - random()) * gapMs));
}

/** An instance is `pending` for the last part of its way; never shorter, or instances that fail at once would spin. */
const SHORTEST_BOOT_MS = 250;
const BOOT_SHARE = 1 / 8;

export const bootMs = (arriveOverMs: number): number => Math.max(SHORTEST_BOOT_MS, arriveOverMs * BOOT_SHARE);
