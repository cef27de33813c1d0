/**
 * Times of launch and boot. Of instances that are requested together, the first is launched immediately and the
 * others one after another over `arriveOverMs`; each then takes time to boot.
 */
import type { Random } from './random.js';

/** Returns delays in market milliseconds from now, in rising order. */
export function arrivalDelaysMs(count: number, arriveOverMs: number, random: Random): readonly number[] {
  const gapMs = count > 1 ? arriveOverMs / (count - 1) : 0;
  return Array.from({ length: count }, (_, index) => (index === 0 ? 0 : (index - random()) * gapMs));
}

/** Boots are never shorter, because instances that fail at once would otherwise spin. */
const SHORTEST_BOOT_MS = 250;
/** The share of the arrival time for which instances are `pending`. */
const BOOT_SHARE = 1 / 8;

/**
 * The time from the launch to the first line of the user data. It is log-normal, given by its median and the width
 * of its logarithm. `typical` is the published distribution for Linux on EC2: 26 s on average, few far from it.
 * `long-tail` has some boots that take minutes. https://github.com/brevdev/ec2-coldboot-research
 */
const BOOT_TIMES = {
  none: { medianMs: 0, sigma: 0 },
  typical: { medianMs: 24_000, sigma: 0.35 },
  'long-tail': { medianMs: 30_000, sigma: 1 },
} as const;

export type LaunchDelay = keyof typeof BOOT_TIMES;
export const LAUNCH_DELAYS = Object.keys(BOOT_TIMES) as readonly LaunchDelay[];

export interface Boot {
  readonly arriveOverMs: number;
  readonly launchDelay: LaunchDelay;
}

/** Returns the boot time that the market itself adds; with the launch delay `none` it is the whole boot. */
export const staggeredBootMs = (arriveOverMs: number): number => Math.max(SHORTEST_BOOT_MS, arriveOverMs * BOOT_SHARE);

export function bootMs({ arriveOverMs, launchDelay }: Boot, random: Random): number {
  const { medianMs, sigma } = BOOT_TIMES[launchDelay];
  // Box-Muller always makes both draws, so that the stream continues in the same way for every distribution.
  const [one, other] = [1 - random(), random()];
  const normal = Math.sqrt(-2 * Math.log(one)) * Math.cos(2 * Math.PI * other);
  return Math.max(staggeredBootMs(arriveOverMs), medianMs * Math.exp(sigma * normal));
}
