/**
 * The contract of a TypeScript or JavaScript model: what a module given to `--model` exports.
 * `load` runs once per slot, `predict` once per slice; a slice is a run of consecutive items of about a second of work.
 */

/** What a model may use besides its items. */
export interface ModelContext {
  /** Aborts when the batch is no longer wanted (a lost lease, a reclaim, a cancelled job). */
  readonly signal: AbortSignal;
  /** Id of the job that the slice belongs to; empty in `load`. */
  readonly job: string;
  /** Directory of the unpacked model: weights shipped beside the module are found here. */
  readonly directory: string;
  /** Writes a line to the job's log (`spotpool logs`); `console.log` does the same. */
  readonly log: (message: string) => void;
}

/** An output in an item's place; an `Error` there makes that item alone a failed item. */
export type Prediction<Output> = Output | Error;

/** In the order of the items; each may be a promise, whose rejection makes that item alone a failed item. */
export type Predictions<Output> =
  | readonly (Prediction<Output> | PromiseLike<Prediction<Output>>)[]
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint8ClampedArray
  | Uint16Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** What the items of a dataset of objects (`s3://bucket/prefix/`) look like. */
export interface ObjectItem {
  /** Key of the object in its bucket. */
  readonly key: string;
  /** Local path of a copy that exists while the slice is worked on. */
  readonly path: string;
}

/** The exports of a model module (named exports, or one default export with these members). */
export interface Model<Item = unknown, Output = unknown> {
  /** Most items that one `predict` call may be given; no limit when absent. */
  readonly maxSliceItems?: number;
  /**
   * Most `predict` calls at once. A model that waits (for a network, a disk) is called again before an earlier call has ended, unless the job says
   * `--concurrency 1`; 1 is for models whose calls must not overlap. No limit when absent.
   */
  readonly maxConcurrency?: number;
  load?(context: ModelContext): void | Promise<void>;
  /**
   * One prediction per item, in the order of the items. Typed arrays are written as arrays, a BigInt with all its digits. An output that JSON cannot
   * say (NaN, a Map, a function) makes its item a failed item.
   */
  predict(
    items: readonly Item[],
    context: ModelContext,
  ): Promise<Predictions<Output>> | Predictions<Output> | AsyncIterable<Prediction<Output>>;
}
