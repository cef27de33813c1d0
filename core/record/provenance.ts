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
import { MOST_RERUNS } from '../contract/rerun-mark.js';
import { count, type Fields, list, object, optional, type Shape, text, words } from '../contract/shape.js';
import { definedFields } from '../defined-fields.js';
import { shownOptions } from './shown-options.js';

export interface Provenance extends Made {
  /** The name that the user gave the job. */
  readonly name?: string;
  /** The job whose items this one computed again. */
  readonly parent?: string;
  readonly dataset: Pick<DatasetSpec, 'name' | 'digest' | 'items'>;
  /** The reruns whose results may stand in place of the job's own, the oldest first. Absent when there are none. */
  readonly reruns?: readonly (Made & { readonly job: string })[];
}

/** The code and options of one job, and who submitted it. */
interface Made {
  readonly model: Pick<ModelSpec, 'name' | 'digest' | 'git' | 'python'> & { readonly weights?: string };
  readonly options: JobOptions;
  readonly versions: Manifest['versions'];
  readonly createdBy: string;
}

/** `reruns` are the manifests of the reruns, the oldest first. */
export function provenanceOf(manifest: Manifest, reruns: readonly Manifest[] = []): Provenance {
  const { name, parent, dataset } = manifest;
  return {
    ...definedFields({ name, parent }),
    dataset: { name: dataset.name, digest: dataset.digest, items: dataset.items },
    ...madeOf(manifest),
    ...(reruns.length === 0 ? {} : { reruns: reruns.map((rerun) => ({ job: rerun.job, ...madeOf(rerun) })) }),
  };
}

function madeOf({ model, options, versions, createdBy }: Manifest): Made {
  const { git, python, weights } = model;
  return {
    model: { name: model.name, digest: model.digest, ...definedFields({ git, python, weights: weights?.digest }) },
    options: shownOptions(options),
    versions,
    createdBy,
  };
}

const name = words(NAME_CHARACTERS);
const digest = text(64, /^[0-9a-z]+$/);

const made: Fields<Made> = {
  model: object<Made['model']>({
    name,
    digest,
    git: optional(gitState),
    python: optional(pythonSummary),
    weights: optional(digest),
  }),
  options: jobOptions,
  versions: manifestVersions,
  createdBy: name,
};

export const provenance: Shape<Provenance> = object<Provenance>({
  name: optional(name),
  parent: optional(jobId),
  dataset: object<Provenance['dataset']>({ name, digest, items: count }),
  ...made,
  reruns: optional(list(object<Made & { readonly job: string }>({ job: jobId, ...made }), MOST_RERUNS)),
});
