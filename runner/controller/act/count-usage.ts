/** Adds the instances' time to the jobs that they worked for (core/pool/usage.ts). */
import { progressKey } from '../../../core/contract/keys.js';
import { mapBounded } from '../../../core/map-bounded.js';
import { encodeProgress } from '../../../core/pool/progress.js';
import { addUsage } from '../../../core/pool/usage.js';
import type { ObjectStore } from '../../ports.js';
import { JSON_TYPE } from '../json-objects.js';
import { keepToJob, type KeptTo } from '../keep-to-job.js';
import type { JobMemory } from '../ports.js';

const JOBS_AT_ONCE = 4;

/** `jobs` had work left when they were looked at, and `instances` were running. */
export async function countUsage(
  store: ObjectStore,
  jobs: readonly { readonly job: string; readonly memory: JobMemory }[],
  means: KeptTo & { readonly instances: number; readonly nowMs: number },
): Promise<void> {
  await mapBounded(jobs, JOBS_AT_ONCE, (of) =>
    keepToJob(means, of.job, 'counted', () => countOne(store, of, jobs.length, means)),
  );
}

async function countOne(
  store: ObjectStore,
  { job, memory }: { readonly job: string; readonly memory: JobMemory },
  jobs: number,
  { instances, nowMs, signal }: KeptTo & { readonly instances: number; readonly nowMs: number },
): Promise<void> {
  const known = memory.progress;
  if (known === undefined) return;
  const usage = addUsage(known.progress.usage, { nowMs, instances: instances / jobs });
  if (usage === undefined) return;
  const progress = { ...known.progress, usage };
  const put = await store.put(progressKey(job), encodeProgress(progress), {
    signal,
    contentType: JSON_TYPE,
    ...(known.etag === undefined ? { ifNoneMatch: true } : { ifMatch: known.etag }),
  });
  if (put.kind === 'written') memory.progress = { progress, etag: put.etag };
  // Another controller was first: the next look has its count.
  else delete memory.progress;
}
