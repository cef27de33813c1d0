/** How often workers write their events, and followers read them. Each write and each read is a request, so a large pool does both less often. */

const SMALL_POOL = 10;
const LARGE_POOL = 100;

export function eventsEveryMs(instances: number): number {
  if (instances <= SMALL_POOL) return 1_000;
  return instances <= LARGE_POOL ? 10_000 : 30_000;
}
