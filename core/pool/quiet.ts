/**
 * R5: when a queue has been empty for so long that a batch without an outcome must have lost its message. SQS's counters lag by a
 * minute and more (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/confirm-queue-is-empty.html), so
 * one look is never enough; sending a batch that was not lost after all costs little (R1).
 */
export interface Quiet {
  readonly sinceMs: number;
  /** Looks in a row that found nothing. */
  readonly looks: number;
}

/** "Several minutes" says the page above. */
export const QUIET_MS = 180_000;
/** Looks that must agree, however far apart. */
const QUIET_LOOKS = 3;

export interface Counts {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
}

export function lookAtQueue(quiet: Quiet | undefined, counts: Counts, nowMs: number): Quiet | undefined {
  if (counts.visible + counts.inFlight + counts.delayed > 0) return undefined;
  return { sinceMs: quiet?.sinceMs ?? nowMs, looks: (quiet?.looks ?? 0) + 1 };
}

export function isQuiet(quiet: Quiet | undefined, nowMs: number, quietMs: number = QUIET_MS): boolean {
  return quiet !== undefined && quiet.looks >= QUIET_LOOKS && nowMs - quiet.sinceMs >= quietMs;
}
