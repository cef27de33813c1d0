/** A job's manifest and states. The manifest (`jobs/<job>/job.json`) is written once and never changes. */
import type { MaxFailed } from '../pool/max-failed.js';

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

export interface JobOptions {
  /** The job's own maximum of instances; the stack's maximum when absent. */
  readonly maxWorkers?: number;
  /** Slots on each worker; `cpus` is one per virtual CPU of the instance, `auto` what the worker measures (core/batch/slot-shape.ts). */
  readonly slots: number | 'cpus' | 'auto';
  /** Slices that one slot works on at once. */
  readonly concurrency: number | 'auto';
  readonly maxAttempts: number;
  /** No progress for this long on an item, and its slot is rebuilt. */
  readonly itemTimeoutSeconds: number;
  /** A model that is not ready by then is not loaded any further; the worker's own limit when absent. */
  readonly loadTimeoutSeconds?: number;
  /** NaN and the infinities in what a JavaScript model or the Python helper gives are written as null; an error of the item when absent. */
  readonly nan?: 'null';
  readonly env: Readonly<Record<string, string>>;
  /** Variables of the model's environment whose values are secrets: where those are kept (ARNs), never what they are. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** A guard: past it the job fails, so that the fleet is parked. */
  readonly maxInstanceHours?: number;
  /** A guard: the job fails as soon as more of its items have failed. */
  readonly maxFailed?: MaxFailed;
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

export const DEFAULT_JOB_OPTIONS: JobOptions = {
  slots: 'auto',
  concurrency: 'auto',
  maxAttempts: 3,
  // Long enough for the slowest item of ordinary models, short enough that a hung slot costs minutes, not hours.
  itemTimeoutSeconds: 300,
  env: {},
};
