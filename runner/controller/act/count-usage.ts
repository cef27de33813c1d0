/** Adds the instances' time to the jobs that they worked for (core/pool/usage.ts). */
import { progressKey } from '../../../core/contract/keys.js';
import { mapBounded } from '../../../core/map-bounded.js';
import { encodeProgress } from '../../../core/pool/progress.js';
import { addUsage } from '../../../core/pool/usage.js';
import { isolateJobFailure } from '../isolate-job-failure.js';
import { JSON_TYPE } from '../json-objects.js';
import type { JobMemory } from '../memory.js';
import { demandOf } from '../observe/read-active-jobs.js';
import type { JobView } from '../observe/read-job.js';
import type { PassContext } from '../pass-context.js';

const JOBS_AT_ONCE = 4;

/** Jobs with work left share the time of the running `instances`. */
export async function countUsage(views: readonly JobView[], instances: number, context: PassContext): Promise<void> {
  const atWork = views.filter((view) => demandOf(view).left > 0).map(({ job }) => job);
  await mapBounded(atWork, JOBS_AT_ONCE, async (job) => {
    const memory = context.memory.jobs.get(job);
    if (memory === undefined) return;
    const share = instances / atWork.length;
    await isolateJobFailure(context, { job, act: 'counted' }, () => countOne(job, memory, share, context));
  });
}

async function countOne(
  job: string,
  memory: JobMemory,
  instances: number,
  { ports, nowMs, signal }: PassContext,
): Promise<void> {
  const known = memory.progress;
  if (known === undefined) return;
  const usage = addUsage(known.progress.usage, { nowMs, instances });
  if (usage === undefined) return;
  const progress = { ...known.progress, usage };
  const put = await ports.store.put(progressKey(job), encodeProgress(progress), {
    signal,
    contentType: JSON_TYPE,
    ...(known.etag === undefined ? { ifNoneMatch: true } : { ifMatch: known.etag }),
  });
  if (put.kind === 'written') memory.progress = { progress, etag: put.etag };
  // Another controller wrote first: the next look reads its count.
  else delete memory.progress;
}
