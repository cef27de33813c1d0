/**
 * R5: when a job has been silent for so long that the messages of its missing batches must be lost, although other jobs keep the queue busy. Only time in
 * which a worker was up counts, and in which no live worker said that it held a missing batch of the job. A controller keeps this in memory alone: one
 * that starts anew begins to count anew.
 */
import type { HeldStatus } from '../contract/fleet-state.js';
import { parseRanges, rangeHolding, type Ranges } from '../dataset/ranges.js';

export interface Silence {
  /** The number of outcomes when the job was last heard of. */
  readonly done: number;
  readonly sinceMs: number;
  /** How often its batches were sent again since its last outcome: the pause doubles each time. */
  readonly resends: number;
}

export interface SilenceLook {
  readonly done: number;
  /** A live worker holds a batch that has no outcome. */
  readonly isHeld: boolean;
  readonly isWorkerUp: boolean;
  readonly nowMs: number;
}

export const SILENT_MS = 300_000;
/** A batch may take longer than any before, because items differ. */
const LONGEST_BATCHES = 3;
/** Then the pause is five hours. */
const MOST_DOUBLINGS = 6;

export function lookAtJob(before: Silence | undefined, { done, isHeld, isWorkerUp, nowMs }: SilenceLook): Silence {
  if (before === undefined || done !== before.done) return { done, sinceMs: nowMs, resends: 0 };
  return isHeld || !isWorkerUp ? { ...before, sinceMs: nowMs } : before;
}

/** `longestBatchMs` is the longest time that a worker has reported for a batch of the job; workers report only long ones. */
export function isSilent({ sinceMs, resends }: Silence, nowMs: number, longestBatchMs = 0): boolean {
  const pauseMs = Math.max(SILENT_MS, LONGEST_BATCHES * longestBatchMs);
  return nowMs - sinceMs >= pauseMs * 2 ** Math.min(resends, MOST_DOUBLINGS);
}

export const afterResend = (silence: Silence, nowMs: number): Silence => ({
  ...silence,
  sinceMs: nowMs,
  resends: silence.resends + 1,
});

export function holdsMissing({ batches }: HeldStatus, folded: Ranges): boolean {
  return parseRanges(batches).some(({ first, last }) => {
    const run = rangeHolding(folded, first);
    return run === undefined || run.last < last;
  });
}
