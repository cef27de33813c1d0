/** Decides for which jobs batches without an outcome are sent again (R5): the queue has been empty for so long that their messages are lost. */
import type { PoolState } from '../../../core/pool/pool-state.js';
import { isQuiet, QUIET_MS } from '../../../core/pool/quiet.js';
import type { JobMemory } from '../memory.js';
import type { JobView } from '../observe/read-job.js';

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
