/**
 * The seam between the worker's batches (leases, fetch, commit) and its slots (child processes with a loaded model).
 * The batch's side owns the lease and the outcome. The slot decides what an answer or a failure means
 * (docs/reference/protocol.md, "What an outcome means").
 */
import type { RebuildReason } from '../../core/contract/events.js';
import type { InputLine } from '../../core/contract/input-line.js';
import type { JobOptions, ModelSpec } from '../../core/contract/job.js';
import type { Secrets } from '../process/hide-secrets.js';

export type BatchItem = { readonly index: number; readonly input: InputLine };

/** A model that is unpacked and set up on this instance, ready for a slot to load. */
export interface PreparedModel {
  /** Models with the same key (digest, start and environment) share a loaded slot. */
  readonly modelKey: string;
  readonly spec: ModelSpec;
  /** The model's own directory, with the bundle's files and the files that setup made. */
  readonly directory: string;
  /** The Python interpreter of the model: that of its own environment, else the instance's. Undefined when the instance has none. */
  readonly python?: string;
  /** The variables that lead to the model's own folders: HOME, TMPDIR, caches, and the PATH of its environment. */
  readonly variables?: Readonly<Record<string, string>>;
  /** The folder with the model's weights. */
  readonly weights?: string;
  readonly options: Pick<
    JobOptions,
    'concurrency' | 'itemTimeoutSeconds' | 'loadTimeoutSeconds' | 'nan' | 'env' | 'secrets'
  >;
  /** The values of the job's secrets. They go into the environment of the model's processes, and nowhere else. */
  readonly secrets?: Secrets;
}

/** A confirmed result. `line` is the encoded line (`encodeResultLine`, newline included). */
export interface ComputedItem {
  readonly index: number;
  readonly ok: boolean;
  readonly line: string;
}

/** The items of further batches of the same job and model, which wait for a slot and may join the work in one. */
export interface FurtherItems {
  /**
   * Returns the items of the next batch; none when no batch may join now. `taken` says how many have just joined, so
   * that a slot takes no more than its share of them.
   */
  take(taken: number): readonly BatchItem[];
  /** The slot sets it, to learn that a batch waits. */
  onWaiting: () => void;
}

export interface BatchWork {
  readonly job: string;
  /** The batch with which the work began. */
  readonly batch: number;
  readonly model: PreparedModel;
  /** The items that still need an outcome, in order of index. Items saved in partials are left out. */
  readonly items: readonly BatchItem[];
  /**
   * The items name local files that are removed after the batch, so a later batch must not ask for one of them again.
   */
  readonly itemsEndWithBatch?: boolean;
  /** The slot takes items from it when it could do more at once, or in one slice, than it has items for. */
  readonly further?: FurtherItems;
  /** How many slices the slot works on at once, from now on. Without it the model's options decide. */
  readonly concurrency?: () => number;
  /** It is called when the slot starts this batch. Until then it may still compute the one before. */
  readonly onStart?: () => void;
  /**
   * Called when the model has all items and will be done within moments, so that the slot may be given the next batch
   * of the same model.
   */
  readonly onNearlyDone?: () => void;
  /** It is called with results as they are confirmed, in any order, each item once. */
  readonly onComputed: (items: readonly ComputedItem[]) => void;
  /**
   * Called before the slot's process gets a slice, with all items of the batch that the process will have then.
   * `isFirst`: it was asked nothing before.
   */
  readonly onInSlot?: (items: readonly number[], isFirst: boolean) => void;
  /** Awaited before each slice, while results have to be spilled first. */
  readonly beforeSlice?: () => Promise<void> | undefined;
  readonly onEvent: (event: SlotEvent) => void;
  /** Aborts when the work is no longer wanted. The slot stays usable, or is rebuilt before the next batch. */
  readonly signal: AbortSignal;
}

/** The sums since the model was loaded. */
export interface SlotUsage {
  /** The process changes when the model is loaded again, and its sums begin anew. */
  readonly process: number;
  /** The time in which the process had at least one unanswered item. */
  readonly busyMs: number;
  readonly answered: number;
  /** The busy time until the last answer. The answers of a slice often come all at once, at its end. */
  readonly answeredAtBusyMs: number;
  /** The time on a core, or ready for one; undefined where it cannot be measured. */
  readonly cpuMs: number | undefined;
  readonly memoryBytes: number;
}

export type SlotEvent =
  | { readonly kind: 'ready'; readonly loadMs: number }
  /** The model takes long to load. */
  | { readonly kind: 'slow-load'; readonly message: string }
  | { readonly kind: 'log'; readonly line: string }
  /** The model itself reports something that a person should see. */
  | { readonly kind: 'model'; readonly message: string }
  | {
      readonly kind: 'rebuilt';
      readonly reason: RebuildReason;
      readonly message: string;
    };

export type BatchComputation =
  /** Every item of the work, and of the batches that joined it, was given to `onComputed`. */
  | { readonly kind: 'computed' }
  | { readonly kind: 'aborted' }
  /** The batch before it did not end within moments after all. Nothing of this batch was begun. */
  | { readonly kind: 'late' }
  /** This slot could not load the model, and other slots have it: they compute what is left. */
  | { readonly kind: 'stepped-back' }
  /** The model could not be loaded here: the instance's fault, not the batch's. */
  | { readonly kind: 'unable'; readonly message: string }
  /** Bisection exceeded its budget of rebuilds: an attempt. */
  | { readonly kind: 'attempt'; readonly error: { readonly code: string; readonly message: string } };

/**
 * A slot that holds one loaded model. It computes batches one after another. `compute` never rejects, except for a bug.
 */
export interface Slot {
  /** The model that is loaded, or being loaded; undefined before the first. */
  readonly modelKey: string | undefined;
  /** The GPU that the slot sees; absent where there is none. */
  readonly gpu?: string | undefined;
  /** The process was started, and has not said yet that it is ready. */
  readonly isLoading: boolean;
  /** The measured milliseconds per item of the loaded model; undefined before the first slice. */
  readonly msPerItem: number | undefined;
  /**
   * The most resident memory of the model's processes that was seen since the model is in the slot. Undefined when
   * nobody has looked yet, and when the slot has another model.
   */
  memoryOf(modelKey: string): number | undefined;
  /** The resources that the loaded model has used so far; undefined while none is loaded. */
  usage(): Promise<SlotUsage | undefined>;
  /** Starts loading the model ahead of its first batch. A failure shows in `compute`. */
  warm(model: PreparedModel): void;
  compute(work: BatchWork): Promise<BatchComputation>;
  /** Ends the child's process group and waits for it. */
  close(): Promise<void>;
}
