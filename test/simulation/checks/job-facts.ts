/** Facts about a job that the bucket shows at this moment, read without the product's own judgement. */
import { endsKey, outcomeKey } from '../../../core/contract/keys.js';
import { decodeEnds, type EndsEntry } from '../../../core/contract/ends.js';
import type { SimulatedJob } from '../jobs.js';
import type { World } from '../world/world.js';

export const jobOf = (world: World, job: string): SimulatedJob | undefined =>
  world.jobs.find((candidate) => candidate.job === job);

/** Whether the job ever ended or was cancelled, even if it was resumed. */
export const hasEverEnded = (world: World, job: string): boolean =>
  world.bucket.objects.get(endsKey(job)) !== undefined;

/** Whether the job is over now. */
export const isOver = (world: World, job: string): boolean => lastEntryOf(world, job)?.kind === 'end';

/** Whether somebody has let the job go on after an end. */
export const wasResumed = (world: World, job: string): boolean =>
  entriesOf(world, job).some(({ kind }) => kind === 'resume');

const lastEntryOf = (world: World, job: string): EndsEntry | undefined => entriesOf(world, job).at(-1);

function entriesOf(world: World, job: string): readonly EndsEntry[] {
  const text = world.bucket.text(endsKey(job));
  return (text === undefined ? undefined : decodeEnds(text)?.entries) ?? [];
}

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
