/**
 * The seam between the engine (leases, fetch, commit) and the slots (child processes with a loaded model).
 * The engine owns the lease and the outcome; a computer owns one slot and what an outcome means (docs/reference/protocol.md, "What an outcome means").
 */
import type { InputLine } from '../../core/contract/input-line.js';
import type { JobOptions, ModelSpec } from '../../core/contract/job.js';
import type { ResultLine } from '../../core/contract/result-line.js';
import type { Secrets } from '../process/hide-secrets.js';

export type BatchItem = { readonly index: number; readonly input: InputLine };

/** A model that is on this instance: unpacked, set up, ready to be loaded by a slot. */
export interface PreparedModel {
  /** Same key, same loaded slot: digest, start, and environment. */
  readonly modelKey: string;
  readonly spec: ModelSpec;
  /** The model's own directory: the bundle's files, and what setup made. */
  readonly directory: string;
  readonly options: Pick<
    JobOptions,
    'concurrency' | 'itemTimeoutSeconds' | 'loadTimeoutSeconds' | 'nan' | 'env' | 'secrets'
  >;
  /** The values of the job's secrets, for its processes' environment alone. */
  readonly secrets?: Secrets;
}

/** A believed result: the encoded line (`encodeResultLine`, newline included), never taken back. */
export interface ComputedItem {
  readonly index: number;
  readonly ok: boolean;
  readonly line: string;
}

export interface BatchWork {
  readonly job: string;
  readonly batch: number;
  readonly model: PreparedModel;
  /** Items that still need an outcome, in order of index (those saved in partials are left out). */
  readonly items: readonly BatchItem[];
  /** The items name local files that are gone after the batch: none is asked again in a later one. */
  readonly itemsEndWithBatch?: boolean;
  /** Slices that the slot works on at once, from now on; as the model's options say when absent. */
  readonly concurrency?: () => number;
  /** The slot has come to this batch; until then it may be at the one before. */
  readonly onStart?: () => void;
  /** All of it is with the model, which will be done within moments: the slot may be given the next batch of the same model. */
  readonly onNearlyDone?: () => void;
  /** Called as results become believed, in any order, once an item. */
  readonly onComputed: (items: readonly ComputedItem[]) => void;
  /** Waited for before each slice: the results so far have to be put somewhere first. */
  readonly beforeSlice?: () => Promise<void> | undefined;
  readonly onEvent: (event: SlotEvent) => void;
  /** Aborts: the work is no longer wanted. The slot stays usable, or is rebuilt before the next batch. */
  readonly signal: AbortSignal;
}

/** Sums since the model was loaded. */
export interface SlotUsage {
  /** Another one when the model was loaded anew: its sums begin again. */
  readonly process: number;
  /** Time in which it was asked something that it had not answered yet. */
  readonly busyMs: number;
  readonly answered: number;
  /** How much of the busy time had passed when the last answer came: a slice is often answered at once, at its end. */
  readonly answeredAtBusyMs: number;
  /** On a core, or ready for one; undefined where that cannot be measured. */
  readonly cpuMs: number | undefined;
  /** Now. */
  readonly memoryBytes: number;
}

export type SlotEvent =
  | { readonly kind: 'ready'; readonly loadMs: number }
  /** The model takes long to load. */
  | { readonly kind: 'slow-load'; readonly message: string }
  | { readonly kind: 'log'; readonly line: string }
  | {
      readonly kind: 'rebuilt';
      readonly reason: 'broken' | 'crashed' | 'protocol' | 'timeout' | 'memory';
      readonly message: string;
    };

export type BatchComputation =
  /** Every item of the work has been given to `onComputed`. */
  | { readonly kind: 'computed' }
  | { readonly kind: 'aborted' }
  /** The batch before it did not end within moments after all: nothing of this one was begun. */
  | { readonly kind: 'late' }
  /** The model could not be loaded here: the instance's fault, not the batch's. */
  | { readonly kind: 'unable'; readonly message: string }
  /** Bisection went over its budget of rebuilds: an attempt. */
  | { readonly kind: 'attempt'; readonly error: { readonly code: string; readonly message: string } };

/** One slot. Batches are computed one after another, whenever they are given; `compute` never rejects but for a bug. */
export interface Slot {
  /** The model that is loaded, or being loaded; undefined before the first. */
  readonly modelKey: string | undefined;
  /** Its process has been started, and has not said yet that it is ready. */
  readonly isLoading: boolean;
  /** Measured milliseconds an item of the loaded model; undefined before the first slice. */
  readonly msPerItem: number | undefined;
  /** What the loaded model has used so far; undefined while none is. */
  usage(): Promise<SlotUsage | undefined>;
  /** Starts loading ahead of the first batch; errors show in `compute`. */
  warm(model: PreparedModel): void;
  compute(work: BatchWork): Promise<BatchComputation>;
  /** Ends the child's process group and waits for it. */
  close(): Promise<void>;
}

export type { ResultLine };
