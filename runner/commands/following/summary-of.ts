/** What the display shows at the end, from what the status code summed up. Pure. */
import type { JobProgress } from '../../controller/report.js';
import type { ErrorCount, JobSummary } from '../../display/views.js';
import type { Summary } from '../../status/summary.js';
import { EXIT } from '../../cli/exit-codes.js';
import type { ZeroProof } from './follow.js';

export function summaryOf(
  summary: Summary,
  end: {
    readonly errors: readonly ErrorCount[];
    readonly resultsFile?: string;
    readonly zero: ZeroProof;
    /** False when the job had ended before anybody followed it: EC2 has forgotten its instances. */
    readonly followed?: boolean;
  },
): JobSummary {
  const { job, state, seconds, items, batches, reclaims, events, cost, instances, shapes } = summary;
  const { errors, resultsFile, zero, followed = true } = end;
  return {
    job,
    state,
    items,
    batches,
    handBacks: events.handBacks,
    duplicateItems: events.duplicateItems,
    ...(followed
      ? {
          seconds,
          reclaims: { withNotice: reclaims.withNotice, withoutNotice: reclaims.withoutNotice },
          instances,
          instanceSeconds: cost.instanceSeconds,
          ...(cost.spotDollars === undefined ? {} : { spotDollars: cost.spotDollars }),
          ...(cost.onDemandDollars === undefined ? {} : { onDemandDollars: cost.onDemandDollars }),
        }
      : {}),
    ...(shapes[0] === undefined ? {} : { slots: shapes[0].reason }),
    errors,
    ...(resultsFile === undefined ? {} : { resultsFile }),
    instancesLeft: zero.instancesLeft,
    otherJobs: zero.otherJobs,
  };
}

/** 0 exactly when every item has an outcome and no batch was given up. */
export function exitCodeOf({ state, batches }: Pick<JobProgress, 'state' | 'batches'>): number {
  return state === 'complete' && batches.failed === 0 ? EXIT.ok : EXIT.failed;
}
