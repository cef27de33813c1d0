/**
 * How long instances have been at work for a job (`progress.json`): what the guard of `--max-instance-hours` goes by.
 *
 * Invariant: time is counted once, however many controllers there are: from where the stored count ends to now, in a write that is
 * conditional on that very count.
 */

export interface Usage {
  readonly instanceSeconds: number;
  /** Up to when it is counted, by the clock of the controller that did. */
  readonly countedAt: string;
}

/** A write each; and so late, at most, the guard is. */
export const COUNT_EVERY_MS = 60_000;
/** When no controller was at work for longer, the switch of R9 has parked the fleet: what ran meanwhile is not known. */
export const MAX_COUNTED_MS = 900_000;
const SECONDS_PER_HOUR = 3_600;

/** Undefined while there is nothing to write. `instances` may be a part of one: jobs at work at the same time share the fleet. */
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
