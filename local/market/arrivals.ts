/**
 * When instances that were asked for at once come up: the first at once, the others one after another over `arriveOverMs`; and how
 * long each of them then takes to boot.
 */
import type { Random } from './random.js';

/** In market milliseconds from now, in rising order. */
export function arrivalDelaysMs(count: number, arriveOverMs: number, random: Random): readonly number[] {
  const gapMs = count > 1 ? arriveOverMs / (count - 1) : 0;
  return Array.from({ length: count }, (_, index) => (index === 0 ? 0 : (index - random()) * gapMs));
}

/** Never shorter, or instances that fail at once would spin. */
const SHORTEST_BOOT_MS = 250;
/** Of the time over which instances arrive: they are `pending` for the last part of their way. */
const BOOT_SHARE = 1 / 8;

/**
 * From the launch to the first line of the user data: log-normal, by its median and the width of its logarithm.
 * `typical` is what is published for Linux on EC2: 26 s on average, few far from it; `long-tail` has some that take minutes.
 * https://github.com/brevdev/ec2-coldboot-research
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

/** What is the market's own of the boot: with `launchDelay` none, all of it. */
export const staggeredBootMs = (arriveOverMs: number): number => Math.max(SHORTEST_BOOT_MS, arriveOverMs * BOOT_SHARE);

export function bootMs({ arriveOverMs, launchDelay }: Boot, random: Random): number {
  const { medianMs, sigma } = BOOT_TIMES[launchDelay];
  // Box-Muller, with both draws always made: the stream goes on the same way whatever the distribution.
  const [one, other] = [1 - random(), random()];
  const normal = Math.sqrt(-2 * Math.log(one)) * Math.cos(2 * Math.PI * other);
  return Math.max(staggeredBootMs(arriveOverMs), medianMs * Math.exp(sigma * normal));
}
