/** Filters and sorts the jobs of a stack. Pure. */
import type { JobState } from '../../core/contract/job.js';
import type { JobProgress } from '../controller/report.js';

export const JOB_SORTS = ['created', 'name', 'state', 'items', 'failed'] as const;
export type JobSort = (typeof JOB_SORTS)[number];

export interface JobsChoice {
  readonly states?: readonly JobState[];
  /** Jobs whose id or name has this text, in upper or lower case. */
  readonly name?: string;
  readonly sinceMs?: number;
  readonly sort?: JobSort;
  readonly limit?: number;
  /** Within equal jobs, the first one comes first. */
  readonly isFirstFirst?: boolean;
}

type Listed = Pick<JobProgress, 'job' | 'name' | 'state' | 'items' | 'createdAt'>;

/** Within equal jobs, the newest comes first, unless the choice says otherwise. */
export function chooseJobs<Job extends Listed>(
  jobs: readonly Job[],
  { states, name, sinceMs = -Infinity, sort = 'created', limit = Infinity, isFirstFirst = false }: JobsChoice,
): readonly Job[] {
  const text = name?.toLowerCase();
  const direction = isFirstFirst ? -1 : 1;
  return jobs
    .filter(({ state }) => states === undefined || states.includes(state))
    .filter((job) => text === undefined || [job.job, job.name ?? ''].some((each) => each.toLowerCase().includes(text)))
    .filter(({ createdAt }) => Date.parse(createdAt) >= sinceMs)
    .toSorted((a, b) => ORDERS[sort](a, b) || direction * b.createdAt.localeCompare(a.createdAt))
    .slice(0, limit);
}

/** Jobs that still run come first. */
const STATES: readonly JobState[] = ['submitting', 'running', 'failed', 'cancelled', 'complete'];

const ORDERS: Readonly<Record<JobSort, (a: Listed, b: Listed) => number>> = {
  created: () => 0,
  // Jobs without a name come last.
  name: (a, b) =>
    Number(a.name === undefined) - Number(b.name === undefined) || (a.name ?? '').localeCompare(b.name ?? ''),
  state: (a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state),
  items: (a, b) => b.items.total - a.items.total,
  failed: (a, b) => b.items.failed - a.items.failed,
};
