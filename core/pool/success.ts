/** Tells whether a job is a success. Exit codes, tick marks and notices all go by it, so that they never disagree. */
import type { JobState } from '../contract/job.js';
import { type FailedItems, tooManyFailed } from '../contract/max-failed.js';

export interface Judged extends FailedItems {
  readonly state: JobState;
  readonly batches: { readonly failed: number };
}

/** `too-many-failed` goes before any other failure, whether the job was complete or was ended for its failed items. */
export type Success = 'success' | 'too-many-failed' | 'no-success';

export function judgeJob(job: Judged): Success {
  const hasRun = job.state === 'complete' || job.state === 'failed';
  if (hasRun && tooManyFailed(job)) return 'too-many-failed';
  return job.state === 'complete' && job.batches.failed === 0 ? 'success' : 'no-success';
}
