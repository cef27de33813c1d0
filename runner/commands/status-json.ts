/** Prints the object of `status --json`, which is also the last line of `run --json` and `watch --json`. */
import type { FetchedResults } from './fetch-results.js';
import type { News } from '../follow/news.js';
import type { Terminal } from '../display/terminal.js';
import type { JobSummary } from '../display/views.js';
import type { JobStatus } from '../status/job-status.js';

/** The facts that the text of a command has beside the status. */
export interface MoreThanStatus {
  /** The latest events, as far as the text shows them. */
  readonly events?: readonly News[];
  /** The totals of a job that was followed. */
  readonly summary?: JobSummary;
  /** The results that were written, as `results --json` describes them. */
  readonly results?: FetchedResults;
  /** The file of the report. */
  readonly report?: string;
  /** The messages of all jobs that are in the queue. */
  readonly queue?: { readonly visible: number; readonly inFlight: number };
  /** True when the job had been cancelled before. */
  readonly wasCancelled?: boolean;
  /** For a rerun: the job whose items are computed again, and the first job, through which the results show. */
  readonly rerunOf?: { readonly job: string; readonly first: string };
}

export const printStatusJson = (terminal: Terminal, status: JobStatus, more: MoreThanStatus = {}): void =>
  terminal.out(`${JSON.stringify({ ...status, ...more })}\n`);
