/** Decides which jobs have come to their end. The rules are in core/pool/completion.ts and core/pool/boot.ts. */
import { type BootHistory, decideBootFailure } from '../../../core/pool/boot.js';
import { decideEnd, type DecidedEnd } from '../../../core/pool/completion.js';
import type { JobView } from '../observe/read-job.js';

export interface JobDecision {
  readonly view: JobView;
  /** The end to write; undefined for a job that goes on, or is over. */
  readonly end: DecidedEnd | undefined;
  /** The job's end is written already, so that no later pass needs to read the job. */
  readonly isOver: boolean;
}

/** Decides from each job's own outcomes and marks. */
export const decideEnds = (views: readonly JobView[]): readonly JobDecision[] =>
  views.map((view) => {
    const end = decideEnd(view.facts);
    return { view, end, isOver: view.facts.ended !== undefined };
  });

/**
 * Decides from the fates of the fleet's instances: where no worker comes up, no job can end otherwise (R10). No job is over by this decision.
 */
export const decideEndsWithoutWorkers = (
  views: readonly JobView[],
  boots: BootHistory,
  maxIdleMs: number | undefined,
): readonly JobDecision[] =>
  views.map((view) => ({
    view,
    end: isWaiting(view) ? decideBootFailure(boots, { sinceMs: view.beganAtMs, maxIdleMs }) : undefined,
    isOver: false,
  }));

export const isWaiting = ({ verdict }: JobView): boolean =>
  verdict.state === 'running' || verdict.state === 'submitting';
