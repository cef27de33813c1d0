/** Finds the differences between a submission and the existing job with the same id. */
import { isDeepStrictEqual } from 'node:util';
import { JOB_OPTION_NAMES, JOB_OPTIONS, type JobOptionName } from '../../core/contract/job-options.js';
import type { DatasetSpec, IdentitySpec, JobOptions, ModelSpec } from '../../core/contract/job.js';

export interface JobContent {
  readonly dataset: DatasetSpec;
  readonly model: ModelSpec;
  readonly options: JobOptions;
}

/** Returns a clause for each difference. An empty list means that it is the same job. */
export function modelDifferences(before: Omit<JobContent, 'dataset'>, now: Omit<JobContent, 'dataset'>): string[] {
  const differences: string[] = [];
  // Two machines may compress the same files into different bytes.
  const isSame = before.model.digest === now.model.digest || isSameContents(before.model, now.model);
  if (!isSame) {
    differences.push(`the model's files differ${namesOf(before.model, now.model)}`);
  } else if (!isDeepStrictEqual(before.model.start, now.model.start)) {
    differences.push(`the model is started differently${namesOf(before.model, now.model)}`);
  }
  const [weights, otherWeights] = [before.model.weights, now.model.weights];
  if (weights?.digest !== otherWeights?.digest) {
    differences.push(`the weights differ (--weights was ${nameOf(weights)}, now ${nameOf(otherWeights)})`);
  }
  if (before.model.setup !== now.model.setup) differences.push('--setup differs');
  for (const name of JOB_OPTION_NAMES) {
    if (isDeepStrictEqual(before.options[name], now.options[name])) continue;
    // A hidden value may be a secret.
    const { flag, hidden } = JOB_OPTIONS[name];
    differences.push(
      hidden ? `${flag} differs` : `${flag} was ${shown(before.options[name])}, now ${shown(now.options[name])}`,
    );
  }
  return differences;
}

const namesOf = (before: ModelSpec, now: ModelSpec): string =>
  before.name === now.name ? '' : ` (it was ${before.name}, now ${now.name})`;

const nameOf = (weights: ModelSpec['weights']): string => weights?.name ?? 'not given';

const isSameContents = (before: ModelSpec, now: ModelSpec): boolean =>
  before.contents !== undefined && before.contents === now.contents;

/** `asked` has the fields that the user gave now. */
export function datasetDifference(
  before: DatasetSpec,
  now: DatasetSpec,
  asked: Pick<IdentitySpec, 'idField' | 'keep'> = {},
): string | undefined {
  if (before.digest === now.digest && before.kind === now.kind) {
    // Older versions took no id by themselves.
    const isAsked = asked.idField !== undefined || asked.keep !== undefined;
    return before.identity === undefined && !isAsked ? undefined : identityDifference(before, now);
  }
  return `the dataset's contents differ (it was ${before.name} with ${before.items} items, now ${now.name} with ${now.items})`;
}

/** The items are the same, so other kept lines come from other fields. */
function identityDifference({ identity: before }: DatasetSpec, { identity: now }: DatasetSpec): string | undefined {
  if (before?.digest === now?.digest) return undefined;
  if (before?.idField !== now?.idField) {
    return `--id-field was ${before?.idField ?? 'not given'}, now ${now?.idField ?? 'not given'}`;
  }
  const fields = (spec: IdentitySpec | undefined): string => spec?.keep?.join(',') ?? 'not given';
  return `--keep was ${fields(before)}, now ${fields(now)}`;
}

const shown = (value: JobOptions[JobOptionName]): string =>
  value === undefined ? 'not given' : typeof value === 'object' ? JSON.stringify(value) : String(value);
