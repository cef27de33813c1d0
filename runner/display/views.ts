/** The numbers that displays show. `status --json` prints the same ones. */
import type { ErrorCount } from '../../core/batch/failure-tally.js';
import type { ModelPhase } from '../../core/contract/events.js';
import type { JobState } from '../../core/contract/job.js';
import type { MaxFailed } from '../../core/contract/max-failed.js';

export type { ErrorCount };

export interface FleetCounts {
  readonly target: number;
  readonly pending: number;
  /** Instances that are up, and neither noticed nor draining. */
  readonly running: number;
  /** Instances with an interruption notice or a rebalance recommendation. */
  readonly noticed: number;
  /** Instances that take no new batches and are about to end themselves. */
  readonly draining: number;
}

/** Instances that do the same to get a job's model ready. */
export interface PreparingView {
  readonly phase: Exclude<ModelPhase, 'boot'>;
  /** It completes "an instance is …". */
  readonly doing: string;
  readonly instances: number;
  /** The time since which the first of them does it (ISO 8601). */
  readonly since: string;
}

/** A job's progress as displays show it: with its fleet and its pace. */
export interface JobProgress {
  readonly job: string;
  readonly state: JobState;
  readonly batches: { readonly total: number; readonly done: number; readonly failed: number };
  readonly items: { readonly total: number; readonly ok: number; readonly failed: number };
  readonly fleet: FleetCounts;
  /** The steps of instances that cannot compute yet. It is absent when there are none. */
  readonly preparing?: readonly PreparingView[];
  readonly itemsPerSecond?: number;
  readonly etaSeconds?: number;
}

/** The totals of a job at its end. A field is absent when the command cannot know it, as for a job that ended before the command began. */
export interface JobSummary {
  readonly job: string;
  readonly state: JobState;
  /** Why the job is in that state. */
  readonly reason?: string;
  readonly maxFailed?: MaxFailed;
  readonly seconds?: number;
  /** True when an earlier command began the job. Then the time, the reclaims, the instances and the cost are those since this command began. */
  readonly goesOn?: boolean;
  readonly items: { readonly total: number; readonly ok: number; readonly failed: number };
  readonly batches: { readonly total: number; readonly done: number; readonly failed: number };
  readonly reclaims?: { readonly withNotice: number; readonly withoutNotice: number };
  readonly handBacks: number;
  /** Items that were computed in vain: their outcome existed already, or their lease was lost. */
  readonly duplicateItems: number;
  /** An upper bound of further items computed in vain by workers that ended without a report. The exact number is unknown. */
  readonly lostItemsAtMost: number;
  readonly instances?: number;
  readonly instanceSeconds?: number;
  /** The slots that most workers ran, and why. Absent when the user fixed their number. */
  readonly slots?: string;
  readonly spotDollars?: number;
  readonly onDemandDollars?: number;
  readonly errors: readonly ErrorCount[];
  /** The next step for the user. Absent after a success. */
  readonly next?: string;
  readonly resultsFile?: string;
  /** Instances that a describe call showed at the end. Absent when no such call was made. */
  readonly instancesLeft?: number;
  /** Jobs with work left, which keep these instances running. */
  readonly otherJobs?: readonly string[];
}
