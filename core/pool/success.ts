/** Whether a job is a success: what exit codes, ticks and notices go by, so that they never disagree. */
import type { JobState } from '../contract/job.js';
import { type FailedItems, tooManyFailed } from '../contract/max-failed.js';

export interface Judged extends FailedItems {
  readonly state: JobState;
  readonly batches: { readonly failed: number };
}

/** `too-many-failed` says more than any other failure, whether the job came to its end or was ended for it. */
export type Success = 'success' | 'too-many-failed' | 'no-success';

export function judgeJob(job: Judged): Success {
  const hasRun = job.state === 'complete' || job.state === 'failed';
  if (hasRun && tooManyFailed(job)) return 'too-many-failed';
  return job.state === 'complete' && job.batches.failed === 0 ? 'success' : 'no-success';
}
