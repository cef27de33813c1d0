/**
 * Counts how long instances have been at work for a job (`progress.json`), for the guard `--max-instance-hours`.
 *
 * Invariant: time is counted once, however many controllers there are. Each count goes from the end of the stored count to now, and its write is
 * conditional on that stored count.
 */

export interface Usage {
  readonly instanceSeconds: number;
  /** The end of the counted time, by the clock of the controller that counted it. */
  readonly countedAt: string;
}

/** Each count is a write, and the guard can be late by this much. */
export const COUNT_EVERY_MS = 60_000;
/** When no controller was at work for longer, the switch of R9 has parked the fleet: the time of its instances is not known then. */
export const MAX_COUNTED_MS = 900_000;
const SECONDS_PER_HOUR = 3_600;

/** Returns undefined while there is nothing to write. `instances` may be a fraction, because jobs at work at the same time share the fleet. */
export function addUsage(
  usage: Usage | undefined,
  { nowMs, instances }: { readonly nowMs: number; readonly instances: number },
): Usage | undefined {
  const countedAt = new Date(nowMs).toISOString();
  if (usage === undefined) return { instanceSeconds: 0, countedAt };
  const passedMs = nowMs - Date.parse(usage.countedAt);
  if (passedMs < COUNT_EVERY_MS) return undefined;
  const seconds = (Math.min(passedMs, MAX_COUNTED_MS) / 1000) * instances;
  return { instanceSeconds: usage.instanceSeconds + seconds, countedAt };
}

export const instanceHours = (usage: Usage | undefined): number => (usage?.instanceSeconds ?? 0) / SECONDS_PER_HOUR;
