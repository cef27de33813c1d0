/** What makes a submission another job than the one that has its id. */
import { isDeepStrictEqual } from 'node:util';
import type { DatasetSpec, JobOptions, ModelSpec } from '../../core/contract/job.js';

export interface JobContent {
  readonly dataset: DatasetSpec;
  readonly model: ModelSpec;
  readonly options: JobOptions;
}

const OPTION_FLAGS: Readonly<Record<keyof JobOptions, string>> = {
  maxWorkers: '--max-workers',
  slots: '--slots',
  concurrency: '--concurrency',
  maxAttempts: '--max-attempts',
  itemTimeoutSeconds: '--item-timeout',
  loadTimeoutSeconds: '--load-timeout',
  nan: '--nan',
  env: '--env',
  secrets: '--secret',
  maxInstanceHours: '--max-instance-hours',
  maxFailed: '--max-failed',
};

/** One clause each; none when it is the same job. */
export function modelDifferences(before: Omit<JobContent, 'dataset'>, now: Omit<JobContent, 'dataset'>): string[] {
  const differences: string[] = [];
  // Two machines may pack the same files into other bytes.
  const isSame = before.model.digest === now.model.digest || isSameContents(before.model, now.model);
  if (!isSame) {
    differences.push(`the model has other contents (${before.model.name} then, ${now.model.name} now)`);
  } else if (!isDeepStrictEqual(before.model.start, now.model.start)) {
    differences.push(`the model is started otherwise (${before.model.name} then, ${now.model.name} now)`);
  }
  if (before.model.setup !== now.model.setup) differences.push('--setup differs');
  for (const [name, flag] of Object.entries(OPTION_FLAGS) as [keyof JobOptions, string][]) {
    if (isDeepStrictEqual(before.options[name], now.options[name])) continue;
    // Values of the environment may be secrets.
    differences.push(
      name === 'env' || name === 'secrets'
        ? `${flag} differs`
        : `${flag} was ${shown(before, name)}, now ${shown(now, name)}`,
    );
  }
  return differences;
}

const isSameContents = (before: ModelSpec, now: ModelSpec): boolean =>
  before.contents !== undefined && before.contents === now.contents;

export function datasetDifference(before: DatasetSpec, now: DatasetSpec): string | undefined {
  if (before.digest === now.digest && before.kind === now.kind) return undefined;
  return `the dataset has other contents (${before.name} with ${before.items} items then, ${now.name} with ${now.items} now)`;
}

const shown = ({ options }: Pick<JobContent, 'options'>, name: Exclude<keyof JobOptions, 'env' | 'secrets'>): string =>
  String(options[name] ?? 'not given');
