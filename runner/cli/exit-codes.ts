/** What a command's exit code says. */
import type { JobState } from '../../core/job.js';
import { type FailedItems, tooManyFailed } from '../../core/max-failed.js';

export const EXIT = {
  /** Every item has its outcome, no more of them failed than may, and no batch was given up; for other commands: done. */
  ok: 0,
  /** The job failed, was cancelled or has not ended, or batches were given up; for other commands: something is wrong. */
  failed: 1,
  /** Nothing was started. */
  misuse: 2,
  /** More items failed than `--max-failed` allows; without it: some failed, and not one is ok. */
  tooManyFailed: 3,
  interrupted: 130,
} as const;

export interface Judged extends FailedItems {
  readonly state: JobState;
  readonly batches: { readonly failed: number };
}

/** Of `run`, `watch` and `results` alike, and whether a summary begins with ✓. Too many failed items say more than any other failure. */
export function exitCodeOf(job: Judged): number {
  const hasEnded = job.state === 'complete' || job.state === 'failed';
  if (hasEnded && tooManyFailed(job)) return EXIT.tooManyFailed;
  return job.state === 'complete' && job.batches.failed === 0 ? EXIT.ok : EXIT.failed;
}
