/** Reads the jobs that have not ended. A job that cannot be read keeps no other from being looked at. */
import { endOf } from '../../../core/contract/ends.js';
import { definedFields } from '../../../core/defined-fields.js';
import type { JobDemand } from '../../../core/pool/capacity.js';
import { mapBounded } from '../../../core/map-bounded.js';
import { isolateJobFailure } from '../isolate-job-failure.js';
import { newJobMemory } from '../memory.js';
import type { PassContext } from '../pass-context.js';
import type { ListedObject } from '../../ports.js';
import { listEnds, readListedEnds, type ReadEnds } from './read-ends.js';
import type { SaveCount } from './fold-progress.js';
import { listJobIds, readJob, type JobView } from './read-job.js';

const JOBS_AT_ONCE = 4;
/** Keeps a pass short when a hundred thousand outcomes wait to be counted: the fleet must not wait for them. */
const MAX_NEW_OUTCOMES = 10_000;
/** The last known demand of an unreadable job holds for as long as the dead-man's switch would hold the fleet (R9), and no longer. */
export const UNREADABLE_FOR_MS = 900_000;

export interface ActiveJobs {
  readonly views: readonly JobView[];
  /** The jobs that could not be read, each with the error. */
  readonly unreadable: ReadonlyMap<string, unknown>;
}

export async function readActiveJobs(context: PassContext): Promise<ActiveJobs> {
  const { memory, signal, nowMs } = context;
  const { store } = context.ports;
  const listed = await listEnds(store, signal);
  const active = (await listJobIds(store, signal)).filter((job) => !isOver(memory.ends.get(job), listed.get(job)));
  const unreadable = new Map<string, unknown>();
  const views = await mapBounded(active, JOBS_AT_ONCE, async (job) => {
    // A count that cannot be saved is exact all the same.
    const save: SaveCount = async (put) =>
      (await isolateJobFailure(context, { job, act: 'counted in its file' }, put))?.value;
    const options = { save, maxOutcomes: MAX_NEW_OUTCOMES, turns: { nowMs, jobs: active.length }, signal };
    const isNew = !memory.jobs.has(job);
    const jobMemory = memory.jobs.get(job) ?? newJobMemory();
    const read = await isolateJobFailure(
      context,
      { job, act: 'read' },
      async () => {
        const ends = await readListedEnds(store, job, { listed: listed.get(job), known: memory.ends.get(job) }, signal);
        memory.ends.set(job, ends);
        // An end that this controller has followed is reported once. Of other ended jobs only the entry is read.
        if (isNew && endOf(ends.ends) !== undefined) return undefined;
        memory.jobs.set(job, jobMemory);
        return readJob(store, job, jobMemory, { ...options, ends });
      },
      (error) => void unreadable.set(job, error),
    );
    if (read === undefined) {
      memory.jobs.set(job, jobMemory);
      jobMemory.unreadableSinceMs ??= nowMs;
      return undefined;
    }
    delete jobMemory.unreadableSinceMs;
    if (read.value !== undefined) jobMemory.demand = demandOf(read.value);
    return read.value;
  });
  return { views: views.filter((view) => view !== undefined), unreadable };
}

/** Tells whether the job has ended, and its ends have not changed since they were read. */
const isOver = (known: ReadEnds | undefined, listed: ListedObject | undefined): boolean =>
  known !== undefined && endOf(known.ends) !== undefined && known.etag === listed?.etag;

export function demandOf({ job, options, facts, verdict, sent }: JobView): JobDemand {
  const { maxWorkers } = options;
  const active = verdict.state === 'running' || verdict.state === 'submitting';
  return {
    job,
    left: active ? Math.max(0, sent - facts.progress.batches.done) : 0,
    enqueued: facts.enqueued,
    ...definedFields({ maxWorkers }),
  };
}

/** Returns the last known demands of unreadable jobs. `unknown` holds the jobs whose demand was never read. */
export function demandsOfUnreadable(
  { unreadable }: ActiveJobs,
  { memory, nowMs }: Pick<PassContext, 'memory' | 'nowMs'>,
): { readonly demands: readonly JobDemand[]; readonly unknown: readonly string[] } {
  const demands: JobDemand[] = [];
  const unknown: string[] = [];
  for (const job of unreadable.keys()) {
    const { demand, unreadableSinceMs = nowMs } = memory.jobs.get(job) ?? {};
    if (nowMs - unreadableSinceMs >= UNREADABLE_FOR_MS) continue;
    if (demand === undefined) unknown.push(job);
    else demands.push(demand);
  }
  return { demands, unknown };
}

/** Reads the bucket anew, whatever the pass has seen so far. A job that cannot be read may have work left, for a while. */
export async function isWorkLeft(context: PassContext): Promise<boolean> {
  const found = await readActiveJobs(context);
  const { demands, unknown } = demandsOfUnreadable(found, context);
  return unknown.length > 0 || [...found.views.map(demandOf), ...demands].some(({ left }) => left > 0);
}
