/** Makes the summary that the display shows at the end of a job. */
import { definedFields } from '../../core/defined-fields.js';
import type { ErrorCount, JobSummary } from '../display/views.js';
import type { Summary } from '../status/summary.js';
import type { ZeroProof } from './follower.js';

export function summaryOf(
  summary: Summary,
  end: {
    readonly errors: readonly ErrorCount[];
    readonly resultsFile?: string;
    readonly next?: string | undefined;
    readonly zero: ZeroProof;
    /** False when the job had ended before this command followed it. EC2 has forgotten its instances by then. */
    readonly followed?: boolean;
    /** True when an earlier command began the job. */
    readonly goesOn?: boolean;
  },
): JobSummary {
  const { job, state, reason, maxFailed, seconds, items, batches, reclaims, events, cost, instances, shapes } = summary;
  const { errors, next, resultsFile, zero, followed = true, goesOn = false } = end;
  return {
    job,
    state,
    ...definedFields({ reason, maxFailed }),
    items,
    batches,
    handBacks: events.handBacks,
    duplicateItems: events.duplicateItems,
    lostItemsAtMost: events.lostItemsAtMost,
    ...(followed
      ? {
          ...(goesOn ? { goesOn } : {}),
          seconds,
          reclaims: { withNotice: reclaims.withNotice, withoutNotice: reclaims.withoutNotice },
          instances,
          instanceSeconds: cost.instanceSeconds,
          ...definedFields({ spotDollars: cost.spotDollars, onDemandDollars: cost.onDemandDollars }),
        }
      : {}),
    ...(shapes[0] === undefined ? {} : { slots: shapes[0].reason }),
    errors,
    ...definedFields({ next, resultsFile }),
    instancesLeft: zero.instancesLeft,
    otherJobs: zero.otherJobs,
  };
}
