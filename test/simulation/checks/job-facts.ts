/** What the bucket says of a job at this moment, read without the product's own judgement. */
import { cancelledKey, doneKey, endsKey, outcomeKey } from '../../../core/contract/keys.js';
import type { SimulatedJob } from '../jobs.js';
import type { World } from '../world/world.js';

export const jobOf = (world: World, job: string): SimulatedJob | undefined =>
  world.jobs.find((candidate) => candidate.job === job);

/** Whether the job ever ended or was cancelled, even if it was resumed. */
export const hasEverEnded = (world: World, job: string): boolean =>
  [doneKey(job), cancelledKey(job), endsKey(job)].some((key) => world.bucket.objects.get(key) !== undefined);

export const hasOutcome = (world: World, job: string, batch: number): boolean =>
  world.bucket.objects.get(outcomeKey(job, batch)) !== undefined;

export function missingBatches(world: World, { job, batches }: SimulatedJob): readonly number[] {
  const missing: number[] = [];
  for (let batch = 0; batch < batches; batch += 1) if (!hasOutcome(world, job, batch)) missing.push(batch);
  return missing;
}

/** Parses a key below `jobs/<job>/<folder>/<batch>/` or `jobs/<job>/<folder>/<batch>.`; undefined for another key. */
export function batchOfKey(key: string, folder: string): { readonly job: string; readonly batch: number } | undefined {
  const match = /^jobs\/([^/]+)\/([^/]+)\/(\d+)[/.]/.exec(key);
  return match?.[2] === folder ? { job: match[1] ?? '', batch: Number(match[3]) } : undefined;
}

/** The instance of a lease: a lease's id begins with it. */
export const instanceOfLease = (lease: string): string => lease.slice(0, lease.lastIndexOf('-'));
