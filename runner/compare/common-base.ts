/** Finds the dataset that two jobs share: they have the same one, or they are reruns in one family. */
import type { Manifest } from '../../core/contract/job.js';
import type { ObjectStore } from '../../core/contract/object-store.js';
import { UserError } from '../errors.js';
import { readLineage } from '../results/family/read-family.js';

export interface CommonBase {
  /** The job by whose indexes the items are named. */
  readonly job: Manifest;
  /** The jobs whose origins lead from an item of each job to the item of that job. */
  readonly pathOfBefore: readonly string[];
  readonly pathOfAfter: readonly string[];
}

export async function commonBase(
  before: Manifest,
  after: Manifest,
  reading: { readonly store: ObjectStore; readonly signal: AbortSignal },
): Promise<CommonBase> {
  const above = await readLineage(before, reading);
  const aboveAfter = await readLineage(after, reading);
  const found = above
    .flatMap((job, steps) => aboveAfter.map((other, otherSteps) => ({ job, other, steps, otherSteps })))
    .filter(({ job, other }) => hasSameItems(job, other))
    .sort((a, b) => a.steps + a.otherSteps - b.steps - b.otherSteps)[0];
  if (found === undefined) {
    throw new UserError(
      `Jobs ${before.job} and ${after.job} have different datasets (${before.dataset.name} and ${after.dataset.name}), so their results cannot be compared. ` +
        'Compare jobs of the same dataset, or a job with its rerun.',
    );
  }
  const names = (line: readonly Manifest[], steps: number): readonly string[] =>
    line.slice(0, steps).map(({ job }) => job);
  return {
    job: found.job,
    pathOfBefore: names(above, found.steps),
    pathOfAfter: names(aboveAfter, found.otherSteps),
  };
}

const hasSameItems = (a: Manifest, b: Manifest): boolean =>
  a.job === b.job || (a.dataset.digest === b.dataset.digest && a.dataset.kind === b.dataset.kind);
