/** Tells jobs that have ended from those that still have work, and those that can be resumed from the others. */
import type { JobProgress } from '../controller/report.js';

export const hasEnded = ({ state }: Pick<JobProgress, 'state'>): boolean =>
  state === 'complete' || state === 'cancelled' || state === 'failed';

/** A complete job cannot be resumed, because every batch has its outcome. */
export const canBeResumed = ({ state }: Pick<JobProgress, 'state'>): boolean =>
  state === 'cancelled' || state === 'failed';

/** Returns a `--max-instance-hours` for a job that has used up its own, or else undefined. */
export const hoursToResumeWith = ({ used, max }: JobProgress['instanceHours']): number | undefined =>
  max === undefined || used < max ? undefined : Math.ceil(used * 2);
