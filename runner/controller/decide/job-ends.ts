/** Decides which jobs have come to their end. The rules are in core/pool/completion.ts and core/pool/boot.ts. */
import { type BootHistory, decideBootFailure } from '../../../core/pool/boot.js';
import { decideEnd, type DecidedEnd } from '../../../core/pool/completion.js';
import type { JobView } from '../observe/read-job.js';

/** `end` is undefined for a job that goes on, or has ended already. */
export interface JobDecision {
  readonly view: JobView;
  readonly end: DecidedEnd | undefined;
}

/** Decides from each job's own outcomes and marks. */
export const decideEnds = (views: readonly JobView[]): readonly JobDecision[] =>
  views.map((view) => ({ view, end: decideEnd(view.facts) }));

/** Decides from the fates of the fleet's instances: where no worker comes up, no job can end otherwise (R10). */
export const decideEndsWithoutWorkers = (views: readonly JobView[], boots: BootHistory): readonly JobDecision[] =>
  views.map((view) => ({ view, end: isWaiting(view) ? decideBootFailure(boots, view.beganAtMs) : undefined }));

export const isWaiting = ({ verdict }: JobView): boolean =>
  verdict.state === 'running' || verdict.state === 'submitting';
