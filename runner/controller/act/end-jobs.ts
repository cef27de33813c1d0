/** Ends jobs that have come to their end: the mark is written once, by whoever sees it first. */
import { decideBootFailure } from '../../../core/pool/boot.js';
import { decideEnd, type DecidedEnd } from '../../../core/pool/completion.js';
import type { WorkerStatus } from '../../../core/contract/fleet-state.js';
import type { DoneMark } from '../../../core/contract/job.js';
import { doneKey } from '../../../core/contract/keys.js';
import { mapBounded } from '../../../core/map-bounded.js';
import { judgeJob } from '../../../core/pool/success.js';
import type { FleetDescription } from '../../ports.js';
import { withErrorOf } from '../observe/commonest-error.js';
import { JSON_TYPE, toJson } from '../json-objects.js';
import { keepToJob } from '../keep-to-job.js';
import type { PassEvents } from '../pass-events.js';
import type { ControllerMemory, ControllerPorts } from '../ports.js';
import { readBoots } from '../observe/read-boots.js';
import type { JobView } from '../observe/read-job.js';
import { type ControllerEventCode, progressOfJob } from '../report.js';

const JOBS_AT_ONCE = 4;

export interface EndMeans {
  readonly ports: ControllerPorts;
  readonly memory: ControllerMemory;
  readonly events: PassEvents;
  readonly signal: AbortSignal;
}

/** By what is known of each job itself; ended jobs are not looked at again. */
export function endJobs(views: readonly JobView[], means: EndMeans): Promise<readonly JobView[]> {
  return mapBounded(views, JOBS_AT_ONCE, async (view) => {
    const end = decideEnd(view.facts);
    if (end !== undefined) return endJob(view, end, means);
    if (view.facts.done !== undefined || view.facts.cancelled !== undefined) forget(view, means.memory);
    return view;
  });
}

/** By what became of the fleet's instances: where no worker comes up, no job can end otherwise (R10). */
export async function endJobsWithoutWorkers(
  views: readonly JobView[],
  fleet: { readonly description: FleetDescription; readonly statuses: ReadonlyMap<string, WorkerStatus> },
  means: EndMeans,
): Promise<readonly JobView[]> {
  const waiting = views.filter(isWaiting);
  if (waiting.length === 0) return views;
  const sinceMs = Math.min(...waiting.map(({ beganAtMs }) => beganAtMs));
  const scope = { sinceMs, statuses: fleet.statuses, signal: means.signal };
  const boots = await readBoots(means.ports.store, means.memory, fleet.description, scope);
  return mapBounded(views, JOBS_AT_ONCE, async (view) => {
    const end = isWaiting(view) ? decideBootFailure(boots, view.beganAtMs) : undefined;
    return end === undefined ? view : endJob(view, end, means);
  });
}

const isWaiting = ({ verdict }: JobView): boolean => verdict.state === 'running' || verdict.state === 'submitting';

async function endJob(view: JobView, end: DecidedEnd, means: EndMeans): Promise<JobView> {
  return (await keepToJob(means, view.job, 'ended', () => writeEnd(view, end, means)))?.value ?? view;
}

async function writeEnd(view: JobView, { ofFailedItems, ...decided }: DecidedEnd, means: EndMeans): Promise<JobView> {
  const { ports, memory, events, signal } = means;
  const { progress } = view.facts;
  const reason = ofFailedItems
    ? await withErrorOf(ports.store, view.job, { reason: decided.reason, progress }, signal)
    : decided.reason;
  const end = { ...decided, reason };
  const mark: DoneMark = { ...end, at: new Date(ports.clock.nowMs()).toISOString() };
  const put = await ports.store.put(doneKey(view.job), toJson(mark), {
    signal,
    ifNoneMatch: true,
    contentType: JSON_TYPE,
  });
  const ended = { ...view, verdict: end };
  // Somebody else was first. That it is complete is a fact, and why it counts as failed is known here as well; any other end is read in the next pass.
  if (put.kind !== 'written') return end.state === 'complete' ? ended : view;
  events.add(codeOf(ended), `Job ${view.job}: ${end.reason}`, view.job);
  forget(view, memory);
  return ended;
}

function codeOf(ended: JobView): ControllerEventCode {
  if (ended.verdict.state === 'failed') return 'job-failed';
  return judgeJob(progressOfJob(ended)) === 'success' ? 'job-complete' : 'job-ended-badly';
}

function forget({ job }: JobView, memory: ControllerMemory): void {
  memory.ended.add(job);
  memory.jobs.delete(job);
}
