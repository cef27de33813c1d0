/** Says which data, code and options made some results. It stands beside them, in their meta file and in the manifest of parts. */
import {
  type DatasetSpec,
  gitState,
  type JobOptions,
  type Manifest,
  manifestVersions,
  type ModelSpec,
} from '../contract/job.js';
import { jobId } from '../contract/job-id.js';
import { jobOptions, NAME_CHARACTERS } from '../contract/job-options.js';
import { pythonSummary } from '../contract/python-environment.js';
import { count, object, optional, type Shape, text, words } from '../contract/shape.js';
import { definedFields } from '../defined-fields.js';
import { shownOptions } from './shown-options.js';

export interface Provenance {
  /** The name that the user gave the job. */
  readonly name?: string;
  /** The job whose items this one computed again. */
  readonly parent?: string;
  readonly dataset: Pick<DatasetSpec, 'name' | 'digest' | 'items'>;
  readonly model: Pick<ModelSpec, 'name' | 'digest' | 'git' | 'python'> & { readonly weights?: string };
  readonly options: JobOptions;
  readonly versions: Manifest['versions'];
  readonly createdBy: string;
}

export function provenanceOf({ name, parent, dataset, model, options, versions, createdBy }: Manifest): Provenance {
  const { git, python, weights } = model;
  return {
    ...definedFields({ name, parent }),
    dataset: { name: dataset.name, digest: dataset.digest, items: dataset.items },
    model: { name: model.name, digest: model.digest, ...definedFields({ git, python, weights: weights?.digest }) },
    options: shownOptions(options),
    versions,
    createdBy,
  };
}

const name = words(NAME_CHARACTERS);
const digest = text(64, /^[0-9a-z]+$/);

export const provenance: Shape<Provenance> = object<Provenance>({
  name: optional(name),
  parent: optional(jobId),
  dataset: object<Provenance['dataset']>({ name, digest, items: count }),
  model: object<Provenance['model']>({
    name,
    digest,
    git: optional(gitState),
    python: optional(pythonSummary),
    weights: optional(digest),
  }),
  options: jobOptions,
  versions: manifestVersions,
  createdBy: name,
});
