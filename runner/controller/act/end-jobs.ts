/** Ends the jobs that have come to their end. The end is written once, by the first controller that sees it. */
import type { DecidedEnd } from '../../../core/pool/completion.js';
import { judgeJob } from '../../../core/pool/success.js';
import { withEnd } from '../../../core/contract/ends.js';
import { mapBounded } from '../../../core/map-bounded.js';
import type { JobDecision } from '../decide/job-ends.js';
import { isolateJobFailure } from '../isolate-job-failure.js';
import type { ControllerMemory } from '../memory.js';
import { withErrorOf } from '../observe/commonest-error.js';
import type { JobView } from '../observe/read-job.js';
import type { PassContext } from '../pass-context.js';
import { type ControllerEventCode, progressOfJob } from '../report.js';
import { writeEnds } from './write-ends.js';

const JOBS_AT_ONCE = 4;

/** Returns the jobs as they stand afterwards. */
export function endJobs(decisions: readonly JobDecision[], context: PassContext): Promise<readonly JobView[]> {
  return mapBounded(decisions, JOBS_AT_ONCE, async ({ view, end, isOver }) => {
    if (end !== undefined) {
      const ended = await isolateJobFailure(context, { job: view.job, act: 'ended' }, () => endJob(view, end, context));
      return ended?.value ?? view;
    }
    if (isOver) forget(view, context.memory);
    return view;
  });
}

async function endJob(
  view: JobView,
  { ofFailedItems, ...decided }: DecidedEnd,
  { ports, memory, events, signal }: PassContext,
): Promise<JobView> {
  const { progress } = view.facts;
  const reason = ofFailedItems
    ? await withErrorOf(ports.store, view.job, { reason: decided.reason, progress }, signal)
    : decided.reason;
  const end = { ...decided, reason };
  const at = new Date(ports.clock.nowMs()).toISOString();
  const next = withEnd(view.ends.ends, { ...end, at });
  const written = await writeEnds(ports.store, view.job, { before: view.ends, next }, signal);
  const ended = { ...view, verdict: end };
  // Another controller was first. That the job is complete is a fact, and this controller knows the reason, too; any other end is read in the next pass.
  if (written === undefined) return end.state === 'complete' ? ended : view;
  events.add(codeOf(ended), `Job ${view.job}: ${end.reason}`, view.job);
  forget({ ...view, ends: { ends: next, etag: written.etag, writtenAtMs: view.ends.writtenAtMs } }, memory);
  return ended;
}

function codeOf(ended: JobView): ControllerEventCode {
  if (ended.verdict.state === 'failed') return 'job-failed';
  return judgeJob(progressOfJob(ended)) === 'success' ? 'job-complete' : 'job-ended-badly';
}

function forget({ job, ends }: JobView, memory: ControllerMemory): void {
  memory.ends.set(job, ends);
  memory.jobs.delete(job);
}
