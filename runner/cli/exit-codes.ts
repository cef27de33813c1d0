/** What a command's exit code says. */
import { judgeJob, type Judged, type Success } from '../../core/pool/success.js';

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

const CODES: Readonly<Record<Success, number>> = {
  success: EXIT.ok,
  'too-many-failed': EXIT.tooManyFailed,
  'no-success': EXIT.failed,
};

/** The exit code of `run`, `watch` and `results` alike. */
export const exitCodeOf = (job: Judged): number => CODES[judgeJob(job)];
