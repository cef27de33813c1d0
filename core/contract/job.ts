/** A job's manifest and states. The manifest (`jobs/<job>/job.json`) is written once and never changes. */
import type { JobOptions } from './job-options.js';

export { DEFAULT_JOB_OPTIONS, type JobOptions } from './job-options.js';

export type JobState = 'submitting' | 'running' | 'complete' | 'cancelled' | 'failed';

/** How a slot is started from an unpacked bundle. */
export type ModelStart =
  { readonly kind: 'module'; readonly entry: string } | { readonly kind: 'command'; readonly argv: readonly string[] };

export interface ModelSpec {
  /** For people: what was given to `--model`. */
  readonly name: string;
  /** SHA-256 (hex) of `models/<digest>/bundle.tar.gz`. */
  readonly digest: string;
  /** SHA-256 (hex) of the archive in it, which is the same for the same files on every machine. Absent in manifests of older versions. */
  readonly contents?: string;
  readonly start: ModelStart;
  /** Shell command, run once per instance in the model's own directory before the first load. */
  readonly setup?: string;
}

export interface DatasetSpec {
  /** For people: the path or URL that was submitted. */
  readonly name: string;
  /** SHA-256 (hex) of the uploaded JSON Lines, all parts in order. */
  readonly digest: string;
  /** `lines`: items are the lines. `objects`: lines are `{bucket,key,size}` of objects that workers fetch. */
  readonly kind: 'lines' | 'objects';
  readonly items: number;
  readonly bytes: number;
  /** Items that could not be read (they become failed items). */
  readonly badItems: number;
}

export interface BatchSizing {
  /** `fixed`: as the user asked. `guided`: chosen from the dataset, and smaller towards its end. */
  readonly kind: 'fixed' | 'guided';
  readonly largestItems: number;
  readonly smallestItems: number;
}

export interface Manifest {
  readonly version: 1;
  readonly job: string;
  readonly dataset: DatasetSpec;
  readonly model: ModelSpec;
  readonly options: JobOptions;
  readonly batches: number;
  /** Items of its batches: all but the last of a part alike, or in falling size. Absent in manifests from before there was a choice. */
  readonly batchSizes?: BatchSizing;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly createdBy: string;
  readonly versions: {
    readonly spotpool: string;
    readonly node: string;
    /** The lowest version of the worker that may take its batches; any when absent. */
    readonly worker?: string;
  };
}

/** `jobs/<job>/done.json`: the job's end, written once. */
export interface DoneMark {
  readonly state: 'complete' | 'failed';
  /** A sentence for people; why, when failed. */
  readonly reason: string;
  readonly at: string;
}

/** `jobs/<job>/cancelled.json`. */
export interface CancelMark {
  readonly at: string;
  readonly by: string;
}

/**
 * `jobs/<job>/unable/<instance>.json`: this instance could not set up or load the job's model, or (`version`) its worker is too old for the job and no
 * newer one is published (R10).
 */
export interface UnableMark {
  readonly instance: string;
  readonly phase: 'fetch' | 'setup' | 'load' | 'version';
  readonly message: string;
  readonly at: string;
}
