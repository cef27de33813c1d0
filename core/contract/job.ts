/**
 * A job's manifest and marks, each with its codec. The manifest (`jobs/<job>/job.json`) is written once and never changes.
 */
import { jobId } from './job-id.js';
import { ARGUMENT_CHARACTERS, type JobOptions, jobOptions, NAME_CHARACTERS } from './job-options.js';
import { instanceId } from './names.js';
import { type PythonSummary, pythonSummary } from './python-environment.js';
import { type JobSeries, jobSeries } from './series.js';
import {
  check,
  count,
  decode,
  either,
  flag,
  instant,
  integer,
  just,
  linesOfWords,
  list,
  object,
  oneOf,
  optional,
  parseJson,
  type Shape,
  text,
  time,
  words,
} from './shape.js';
import { type WeightsSpec, weightsSpec } from './weights.js';

export { DEFAULT_JOB_OPTIONS, type JobOptions } from './job-options.js';

export type JobState = 'submitting' | 'running' | 'complete' | 'cancelled' | 'failed';

/** How a slot is started from an unpacked bundle. */
export type ModelStart =
  /** The host of JavaScript loads the module. */
  | { readonly kind: 'module'; readonly entry: string }
  /** The host of Python loads the file, and takes the class or function `name` from it, or the functions `load` and `predict`. */
  | { readonly kind: 'python'; readonly entry: string; readonly name?: string }
  /** A `command` speaks the model's protocol. A `filter` reads a line for each item and prints a line for each, in order. */
  | { readonly kind: 'command' | 'filter'; readonly argv: readonly string[] };

export interface ModelSpec {
  /** The value of `--model`, for people. */
  readonly name: string;
  /** The SHA-256 (hex) of `models/<digest>/bundle.tar.gz`. */
  readonly digest: string;
  /** The SHA-256 (hex) of the archive in the bundle: the same files give the same digest on every machine. Older versions write none. */
  readonly contents?: string;
  readonly start: ModelStart;
  /** A summary of the Python environment that the bundle locks (`ENVIRONMENT_FILE`). Absent when the model needs no packages. */
  readonly python?: PythonSummary;
  readonly weights?: WeightsSpec;
  /** The Git commit of the folder that the model came from, for people. Absent when that is in no repository. */
  readonly git?: GitState;
  /** A shell command that runs once per instance, in the model's own directory and environment, before the first load. */
  readonly setup?: string;
}

export interface GitState {
  /** The commit's id, in hex. */
  readonly commit: string;
  /** True when the repository had no changes that were not committed. */
  readonly clean: boolean;
}

export interface DatasetSpec {
  /** The path or URL that was submitted, for people. */
  readonly name: string;
  /** The SHA-256 (hex) of the uploaded JSON Lines, all parts in order. */
  readonly digest: string;
  /** `lines`: items are the lines. `objects`: lines are `{bucket,key,size}` of objects that workers fetch. */
  readonly kind: 'lines' | 'objects';
  readonly items: number;
  readonly bytes: number;
  /** The number of items that could not be read; they become failed items. */
  readonly badItems: number;
  /** The number of files or objects that the items came from. Older versions write none. */
  readonly sources?: number;
  /** The items are a sample of the dataset. */
  readonly sample?: DatasetSample;
  /** The columns beside the input, with a line for each item. Absent when there are none. */
  readonly identity?: IdentitySpec;
}

export interface DatasetSample {
  readonly items: number;
  readonly seed: number;
}

/** The columns in `input/kept-<part>.jsonl` (core/contract/kept-line.ts). */
export interface IdentitySpec {
  /** The field that holds an item's id, with dots into objects. For files it is their name, and this is `name`. */
  readonly idField?: string;
  /** The kept fields, in the order that the user gave. */
  readonly keep?: readonly string[];
  /** The SHA-256 (hex) of all kept lines, all parts in order. */
  readonly digest: string;
}

export interface BatchSizing {
  /** `fixed`: the user chose the size. `guided`: it was chosen from the dataset, and falls towards the dataset's end. */
  readonly kind: 'fixed' | 'guided';
  readonly largestItems: number;
  readonly smallestItems: number;
}

export interface Manifest {
  readonly version: 1;
  readonly job: string;
  /** The name that the user gave the job, for people. */
  readonly name?: string;
  /** The job whose items this one computes again. `originsKey` has the index in the parent of each of its items. */
  readonly parent?: string;
  /** The series of which this job is one. */
  readonly series?: JobSeries;
  readonly dataset: DatasetSpec;
  readonly model: ModelSpec;
  readonly options: JobOptions;
  readonly batches: number;
  /** How many items its batches have. Manifests from before there was a choice have no such field. */
  readonly batchSizes?: BatchSizing;
  /** The time of the submit, in ISO 8601. */
  readonly createdAt: string;
  readonly createdBy: string;
  readonly versions: {
    readonly spotpool: string;
    readonly node: string;
    /** The lowest version of the worker that may take its batches; when absent, any version may. */
    readonly worker?: string;
  };
}

/** `jobs/<job>/done.json` is the end of a job of an older version. Newer ends are in core/contract/ends.ts. */
export interface DoneMark {
  readonly state: 'complete' | 'failed';
  /** A sentence for people; for a failed job it says why. */
  readonly reason: string;
  readonly at: string;
}

/** `jobs/<job>/cancelled.json` says who cancelled a job of an older version, and when. */
export interface CancelMark {
  readonly at: string;
  readonly by: string;
}

/** `version`: the instance's worker is too old for the job, and no newer one is published. */
export type UnablePhase = 'fetch' | 'environment' | 'weights' | 'setup' | 'load' | 'version';

/** `jobs/<job>/unable/<instance>.json`: this instance cannot run the job's model (R10). */
export interface UnableMark {
  readonly instance: string;
  readonly phase: UnablePhase;
  readonly message: string;
  readonly at: string;
}

/** A manifest holds a model's whole environment. */
export const MOST_MANIFEST_BYTES = 4 * 1024 * 1024;
/** A mark holds one sentence. */
export const MOST_MARK_BYTES = 256 * 1024;

/** Nobody reads more of a sentence. */
const SENTENCE_CHARACTERS = 16 * 1024;
const MOST_ARGUMENTS = 10_000;
/** Parts of the input may force more batches than are planned (core/contract/keys.ts). A number far beyond that is not ours. */
const MOST_BATCHES = 10_000_000;

const name = words(NAME_CHARACTERS);
/** A field is looked up by its name, so the name is not changed. */
const fieldName = text(NAME_CHARACTERS);
/** A SHA-256 in hex; it becomes a part of keys and of paths. */
const digest = text(64, /^[0-9a-z]+$/);
const version = text(256, /^[\w.+-]+$/);

type ModuleStart = Extract<ModelStart, { readonly kind: 'module' }>;
type PythonStart = Extract<ModelStart, { readonly kind: 'python' }>;
type CommandStart = Exclude<ModelStart, ModuleStart | PythonStart>;

const start = either<ModelStart, ModelStart>(
  object<ModuleStart>({ kind: just('module'), entry: text(ARGUMENT_CHARACTERS) }),
  either<PythonStart, CommandStart>(
    object<PythonStart>({
      kind: just('python'),
      entry: text(ARGUMENT_CHARACTERS),
      name: optional(text(ARGUMENT_CHARACTERS)),
    }),
    object<CommandStart>({
      kind: oneOf<CommandStart['kind']>({ command: true, filter: true }),
      argv: list(text(ARGUMENT_CHARACTERS), MOST_ARGUMENTS),
    }),
  ),
);

export const gitState = object<GitState>({ commit: digest, clean: flag });

export const manifestVersions = object<Manifest['versions']>({
  spotpool: version,
  node: version,
  worker: optional(version),
});

const manifestShape: Shape<Manifest> = object<Manifest>({
  version: just(1),
  job: jobId,
  name: optional(name),
  parent: optional(jobId),
  series: optional(jobSeries),
  dataset: object<DatasetSpec>({
    name,
    digest,
    kind: oneOf<DatasetSpec['kind']>({ lines: true, objects: true }),
    items: count,
    bytes: count,
    badItems: count,
    sources: optional(count),
    sample: optional(object<DatasetSample>({ items: count, seed: count })),
    identity: optional(
      object<IdentitySpec>({
        idField: optional(fieldName),
        keep: optional(list(fieldName, MOST_ARGUMENTS)),
        digest,
      }),
    ),
  }),
  model: object<ModelSpec>({
    name,
    digest,
    contents: optional(digest),
    start,
    python: optional(pythonSummary),
    weights: optional(weightsSpec),
    git: optional(gitState),
    setup: optional(text(ARGUMENT_CHARACTERS)),
  }),
  options: jobOptions,
  batches: integer(1, MOST_BATCHES),
  batchSizes: optional(
    object<BatchSizing>({
      kind: oneOf<BatchSizing['kind']>({ fixed: true, guided: true }),
      largestItems: count,
      smallestItems: count,
    }),
  ),
  createdAt: instant,
  createdBy: name,
  versions: manifestVersions,
});

/** The text is the stored one: its digest is that of the manifest. */
export const encodeManifest = (manifest: Manifest): string => `${JSON.stringify(manifest, undefined, 2)}\n`;

/** Returns this job's manifest, or undefined. A manifest that was copied from another job's folder does not count. */
export function decodeManifest(json: string | Uint8Array, job: string): Manifest | undefined {
  const manifest = decode(manifestShape, json);
  return manifest?.job === job ? manifest : undefined;
}

const doneState = oneOf<DoneMark['state']>({ complete: true, failed: true });

const doneMark = object<DoneMark>({
  state: doneState,
  // It has several lines where it quotes a log.
  reason: linesOfWords(SENTENCE_CHARACTERS),
  at: time,
});

export const decodeDoneMark = (json: string | Uint8Array): DoneMark | undefined => decode(doneMark, json);

const endState = object<Pick<DoneMark, 'state'>>({ state: doneState });

/** Returns how the job ended: a worker asks for nothing else. */
export const decodeEndState = (json: string | Uint8Array): DoneMark['state'] | undefined =>
  decode(endState, json)?.state;

const cancelMark = object<CancelMark>({ at: time, by: name });

/** The key alone cancels a job, whatever the object holds. If that is not a mark, `at` is when the object was written. */
export function decodeCancelMark(json: string | Uint8Array, writtenAtMs: number): CancelMark {
  return check(cancelMark, parseJson(json)) ?? { at: new Date(writtenAtMs).toISOString(), by: 'somebody' };
}

const unableMark = object<UnableMark>({
  instance: instanceId,
  phase: oneOf<UnablePhase>({
    fetch: true,
    environment: true,
    weights: true,
    setup: true,
    load: true,
    version: true,
  }),
  message: linesOfWords(SENTENCE_CHARACTERS),
  at: time,
});

export const encodeUnableMark = (mark: UnableMark): string => JSON.stringify(mark);

/** Returns this instance's own mark, or undefined: no instance can write another one's mark. */
export function decodeUnableMark(json: string | Uint8Array, instance: string): UnableMark | undefined {
  const mark = decode(unableMark, json);
  return mark?.instance === instance ? mark : undefined;
}
