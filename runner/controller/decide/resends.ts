/**
 * Decides for which jobs batches without an outcome are sent again (R5): the queue has been empty for so long that their messages are lost, or the job
 * itself has been silent for long while other jobs keep the queue busy.
 */
import { holdsMissing, isSilent, lookAtJob } from '../../../core/pool/silence.js';
import type { PoolState } from '../../../core/pool/pool-state.js';
import { isQuiet, QUIET_MS } from '../../../core/pool/quiet.js';
import type { JobMemory } from '../memory.js';
import type { JobView } from '../observe/read-job.js';
import type { StatusReading } from '../observe/read-statuses.js';

export function decideResends(
  jobs: readonly JobView[],
  known: ReadonlyMap<string, Pick<JobMemory, 'resentAtMs'>>,
  {
    pool,
    nowMs,
    quietMs = QUIET_MS,
  }: { readonly pool: PoolState; readonly nowMs: number; readonly quietMs?: number | undefined },
): readonly JobView[] {
  if (!isQuiet(pool.quiet, nowMs, quietMs)) return [];
  return jobs.filter(({ job, verdict }) => {
    const memory = known.get(job);
    if (verdict.state !== 'running' || memory === undefined) return false;
    // The counters need their time to show what was sent: the wait before the next resend is as long as the first.
    return nowMs - (memory.resentAtMs ?? -Infinity) >= quietMs;
  });
}

/** A worker puts its status again each minute. One that was not heard of for longer says nothing about what it holds now. */
const HEARD_WITHIN_MS = 300_000;

/** Returns the jobs that have been silent for long. It notes in `known` what it has seen of each job. */
export function decideSilentResends(
  jobs: readonly JobView[],
  known: ReadonlyMap<string, Pick<JobMemory, 'silence' | 'longestBatchMs'>>,
  { statuses, heardAtMs, atMs, nowMs }: StatusReading & { readonly nowMs: number },
): readonly JobView[] {
  const heard = [...statuses.values()].filter(
    ({ instance }) => atMs - (heardAtMs.get(instance) ?? -Infinity) < HEARD_WITHIN_MS,
  );
  const isWorkerUp = heard.some(({ phase }) => phase === 'idle' || phase === 'busy');
  return jobs.filter(({ job, verdict, facts }) => {
    const memory = known.get(job);
    if (verdict.state !== 'running' || memory === undefined) return false;
    const { folded, batches } = facts.progress;
    const told = heard.flatMap(({ held = [] }) => held).filter((held) => held.job === job);
    memory.longestBatchMs = Math.max(memory.longestBatchMs ?? 0, ...told.map(({ longestMs = 0 }) => longestMs));
    const isHeld = told.some((held) => holdsMissing(held, folded));
    memory.silence = lookAtJob(memory.silence, { done: batches.done, isHeld, isWorkerUp, nowMs });
    return isSilent(memory.silence, nowMs, memory.longestBatchMs);
  });
}
