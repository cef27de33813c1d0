/**
 * R5: when a queue has been empty for so long that a batch without an outcome must have lost its message. SQS's counters lag by a minute and more
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/confirm-queue-is-empty.html), so one look is never enough. A batch
 * that is sent again although its message was not lost costs little (R1).
 */
export interface Quiet {
  readonly sinceMs: number;
  /** The number of looks in a row that found the queue empty. */
  readonly looks: number;
}

/** The page above says "several minutes". */
export const QUIET_MS = 180_000;
/** This many looks must agree, however far apart they are. */
const QUIET_LOOKS = 3;

export interface QueueCounts {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
}

export function lookAtQueue(quiet: Quiet | undefined, counts: QueueCounts, nowMs: number): Quiet | undefined {
  if (counts.visible + counts.inFlight + counts.delayed > 0) return undefined;
  return { sinceMs: quiet?.sinceMs ?? nowMs, looks: (quiet?.looks ?? 0) + 1 };
}

export function isQuiet(quiet: Quiet | undefined, nowMs: number, quietMs: number = QUIET_MS): boolean {
  return quiet !== undefined && quiet.looks >= QUIET_LOOKS && nowMs - quiet.sinceMs >= quietMs;
}
