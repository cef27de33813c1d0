/** The errors of a job by code: from the workers' summaries, or from some outcomes where those lack some. */
import type { WorkerSummary } from '../../core/contract/worker-summary.js';
import { ErrorTally } from '../../core/record/error-tally.js';
import type { RecordedError } from '../../core/record/job-record.js';
import type { JobView } from '../controller/observe/read-job.js';
import type { ObjectStore } from '../ports.js';
import { readErrors } from './read-errors.js';

/** A model that uses more codes probably makes a code of every message. */
const MOST_CODES = 200;

export interface FoundErrors {
  readonly errors: readonly RecordedError[];
  /** Failed items that no code counts. */
  readonly missing: number;
  /** The errors are those of the first batches with failed items. */
  readonly isSample: boolean;
}

export async function errorsOf(
  store: ObjectStore,
  { job, facts: { progress } }: JobView,
  summaries: readonly WorkerSummary[],
  signal: AbortSignal,
): Promise<FoundErrors> {
  const told = new ErrorTally(MOST_CODES);
  for (const { errors, otherErrors } of summaries) told.addAll(errors, otherErrors);
  const { failed } = progress.items;
  if (failed === 0 || told.errors().length > 0) return foundIn(told, failed, false);
  const { failing = [] } = progress;
  return foundIn(await readErrors(store, job, { failing, mostCodes: MOST_CODES }, signal), failed, true);
}

function foundIn(tally: ErrorTally, failed: number, isSample: boolean): FoundErrors {
  // Workers write the summaries. Outcomes alone tell how many items failed.
  const errors = tally.errors().map((error) => ({ ...error, count: Math.min(error.count, failed) }));
  const counted = errors.reduce((sum, { count }) => sum + count, 0);
  return {
    errors: errors.map(({ code, count, index, message }) => ({ code, count, example: { index, message } })),
    missing: Math.max(0, failed - counted),
    isSample: isSample && counted < failed,
  };
}
