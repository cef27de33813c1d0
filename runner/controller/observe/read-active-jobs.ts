/** The jobs that have not ended, as a pass finds them. One that cannot be read keeps no other from being looked at. */
import { definedFields } from '../../../core/defined-fields.js';
import type { JobDemand } from '../../../core/pool/capacity.js';
import { mapBounded } from '../../../core/map-bounded.js';
import type { ObjectStore } from '../../ports.js';
import { keepToJob, type KeptTo } from '../keep-to-job.js';
import { newJobMemory } from '../ports.js';
import { listJobIds, readJob, type JobView } from './read-job.js';

const JOBS_AT_ONCE = 4;
/** Keeps a pass short when a hundred thousand outcomes wait to be counted: the fleet must not wait for them. */
const MAX_NEW_OUTCOMES = 10_000;
/** For so long what a job that cannot be read needed last is kept for it: as long as the dead-man's switch would (R9), and no longer. */
export const UNREADABLE_FOR_MS = 900_000;

export interface ActiveJobs {
  readonly views: readonly JobView[];
  /** The reasons why jobs could not be read. */
  readonly unreadable: ReadonlyMap<string, unknown>;
}

/** Ended jobs are looked at once: what they left behind changes nothing. */
export async function readActiveJobs(
  store: ObjectStore,
  means: KeptTo & { readonly nowMs: number },
): Promise<ActiveJobs> {
  const { memory, signal, nowMs } = means;
  const active = (await listJobIds(store, signal)).filter((job) => !memory.ended.has(job));
  const unreadable = new Map<string, unknown>();
  const views = await mapBounded(active, JOBS_AT_ONCE, async (job) => {
    const jobMemory = memory.jobs.get(job) ?? newJobMemory();
    memory.jobs.set(job, jobMemory);
    const options = { save: true, maxOutcomes: MAX_NEW_OUTCOMES, signal };
    const onError = (error: unknown): void => void unreadable.set(job, error);
    const read = await keepToJob(means, job, 'read', () => readJob(store, job, jobMemory, options), onError);
    if (read === undefined) {
      jobMemory.unreadableSinceMs ??= nowMs;
      return undefined;
    }
    delete jobMemory.unreadableSinceMs;
    if (read.value !== undefined) jobMemory.demand = demandOf(read.value);
    return read.value;
  });
  return { views: views.filter((view) => view !== undefined), unreadable };
}

export function demandOf({ job, manifest, facts, verdict, sent }: JobView): JobDemand {
  const { maxWorkers } = manifest.options;
  const active = verdict.state === 'running' || verdict.state === 'submitting';
  return {
    job,
    left: active ? Math.max(0, sent - facts.progress.batches.done) : 0,
    enqueued: facts.enqueued,
    ...definedFields({ maxWorkers }),
  };
}

/** The needs of unreadable jobs when they could last be read; `unknown` counts those of which nothing is known. */
export function demandsOfUnreadable(
  { unreadable }: ActiveJobs,
  { memory, nowMs }: Pick<KeptTo, 'memory'> & { readonly nowMs: number },
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
