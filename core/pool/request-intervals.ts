/** How often workers and followers ask S3 again and again for the same thing. The requests of all instances add up, so a large pool asks less often. */

const SMALL_POOL = 10;
const LARGE_POOL = 100;

/** How often a controller looks: often enough that a draining queue is followed closely. A pass of a small stack is some ten requests. */
export const PASS_MS = 2_000;

/** How often workers write their events, and followers read them. */
export function eventsEveryMs(instances: number): number {
  if (instances <= SMALL_POOL) return 1_000;
  return instances <= LARGE_POOL ? 10_000 : 30_000;
}

/** How often a worker reads whether a job has ended of which it holds batches. After the end of a job it may compute for so long in vain. */
export const endsEveryMs = (instances: number): number => (instances <= SMALL_POOL ? 2_000 : 10_000);
