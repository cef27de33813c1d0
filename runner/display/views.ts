/** The numbers that displays show. `status --json` is made of the same ones. */
import type { ErrorCount } from '../../core/batch/failure-tally.js';
import type { JobState } from '../../core/contract/job.js';
import type { MaxFailed } from '../../core/contract/max-failed.js';

export type { ErrorCount };

export interface FleetCounts {
  readonly target: number;
  readonly pending: number;
  /** Up, and neither noticed nor draining. */
  readonly running: number;
  /** AWS has said that it takes them, or may. */
  readonly noticed: number;
  /** Ending themselves: no new batches. */
  readonly draining: number;
}

export interface Progress {
  readonly job: string;
  readonly state: JobState;
  readonly batches: { readonly total: number; readonly done: number; readonly failed: number };
  readonly items: { readonly total: number; readonly ok: number; readonly failed: number };
  readonly fleet: FleetCounts;
  readonly itemsPerSecond?: number;
  readonly etaSeconds?: number;
}

/** What a command did not see of a job that had ended before is absent. */
export interface JobSummary {
  readonly job: string;
  readonly state: JobState;
  /** Why it is in that state. */
  readonly reason?: string;
  readonly maxFailed?: MaxFailed;
  readonly seconds?: number;
  readonly items: { readonly total: number; readonly ok: number; readonly failed: number };
  readonly batches: { readonly total: number; readonly done: number; readonly failed: number };
  readonly reclaims?: { readonly withNotice: number; readonly withoutNotice: number };
  readonly handBacks: number;
  /** Items that were computed although their outcome existed, or whose lease was lost. */
  readonly duplicateItems: number;
  /** The most items that workers which ended without a word had computed beside that; nobody knows the exact number. */
  readonly lostItemsAtMost: number;
  readonly instances?: number;
  readonly instanceSeconds?: number;
  /** How most workers ran the model, and why, where that was left to them. */
  readonly slots?: string;
  readonly spotDollars?: number;
  readonly onDemandDollars?: number;
  readonly errors: readonly ErrorCount[];
  /** The next step; absent after a success. */
  readonly next?: string;
  readonly resultsFile?: string;
  /** Instances that a describe call showed at the end; absent when it was not asked for. */
  readonly instancesLeft?: number;
  /** Jobs with work left, for which instances stay. */
  readonly otherJobs?: readonly string[];
}
