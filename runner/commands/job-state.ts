/** Tells jobs that have ended from those that still have work. */
import type { JobProgress } from '../controller/report.js';

export const hasEnded = ({ state }: Pick<JobProgress, 'state'>): boolean =>
  state === 'complete' || state === 'cancelled' || state === 'failed';
