/** R7: decides how many instances are wanted. The same observation gives the same target to every controller. */
import type { FleetState } from '../contract/fleet-state.js';

export interface JobDemand {
  readonly job: string;
  /** The number of batches that were sent and have no outcome; 0 once the job has ended. */
  readonly left: number;
  /** Every batch has been sent: from here on the work left only shrinks. */
  readonly enqueued: boolean;
  readonly maxWorkers?: number;
}

export interface TargetDecision {
  readonly target: number;
  /** The fully sent jobs that have work left, for `FleetState.jobs`. */
  readonly jobs: readonly string[];
  readonly reason: string;
}

export interface TargetInput {
  readonly demands: readonly JobDemand[];
  /** The number of slots that each live worker has reported. */
  readonly reportedSlots: readonly number[];
  readonly maxWorkers: number;
  /** The published state; undefined before the first. */
  readonly published: Pick<FleetState, 'target' | 'jobs' | 'teardown'> | undefined;
}

export function decideTarget(input: TargetInput): TargetDecision {
  const teardown = input.published?.teardown;
  if (teardown !== undefined) return { target: 0, jobs: [], reason: `the stack is being torn down by ${teardown.by}` };
  const working = input.demands.filter(({ left }) => left > 0);
  if (working.length === 0) return { target: 0, jobs: [], reason: 'no work is left' };
  const slots = meanSlots(input.reportedSlots);
  const wanted = working.reduce(
    (sum, { left, maxWorkers }) => sum + Math.min(maxWorkers ?? input.maxWorkers, Math.ceil(left / slots)),
    0,
  );
  const jobs = working.filter(({ enqueued }) => enqueued).map(({ job }) => job);
  const left = working.reduce((sum, demand) => sum + demand.left, 0);
  const bounded = Math.min(input.maxWorkers, wanted);
  const capped = hasNewWork(working, input.published) ? bounded : Math.min(bounded, input.published?.target ?? bounded);
  return { target: Math.max(1, capped), jobs, reason: workLeft(left, working.length) };
}

/**
 * Keeps the instances of jobs that could not be read until they can be read, because they may have work left. The target is neither raised nor lowered
 * for them, and they do not count as new work when they are read again.
 */
export function holdForUnknown(
  decision: TargetDecision,
  unknown: readonly string[],
  {
    shownTarget,
    maxWorkers,
    published,
  }: Pick<TargetInput, 'maxWorkers' | 'published'> & { readonly shownTarget: number },
): TargetDecision {
  if (unknown.length === 0 || published?.teardown !== undefined) return decision;
  const jobs = [...decision.jobs, ...unknown.filter((job) => published?.jobs.includes(job))];
  const held = Math.min(maxWorkers, shownTarget);
  if (held <= decision.target) return { ...decision, jobs };
  return { target: held, jobs, reason: `job ${unknown.join(', ')} cannot be read, and may have work left` };
}

function workLeft(batches: number, jobs: number): string {
  const left = batches === 1 ? '1 batch is left' : `${batches} batches are left`;
  return jobs === 1 ? left : `${left} of ${jobs} jobs`;
}

/** A job that is still being sent brings new work with each message. A fully sent job is new until it is published. */
function hasNewWork(working: readonly JobDemand[], published: TargetInput['published']): boolean {
  if (published === undefined) return true;
  const known = new Set(published.jobs);
  return working.some(({ job, enqueued }) => !enqueued || !known.has(job));
}

function meanSlots(reported: readonly number[]): number {
  const known = reported.filter((slots) => slots >= 1);
  if (known.length === 0) return 1;
  return known.reduce((sum, slots) => sum + slots, 0) / known.length;
}
