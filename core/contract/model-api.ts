/**
 * The contract of a TypeScript or JavaScript model: what a module given to `--model` exports.
 * `load` runs once per slot, `predict` once per slice; a slice is a run of consecutive items of about a second of work.
 */

/** The context of a call: a model may use it besides its items. */
export interface ModelContext {
  /** Aborts when the batch is no longer wanted (a lost lease, a reclaim, a cancelled job). */
  readonly signal: AbortSignal;
  /** The id of the job that the slice belongs to; empty in `load`. */
  readonly job: string;
  /** The directory of the unpacked model, with the files that were shipped beside the module. */
  readonly directory: string;
  /** The folder with the files of `--weights`, which are read-only. Absent in a job without weights. */
  readonly weights?: string;
  /** Writes a line to the job's log (`spotpool logs`); `console.log` does the same. */
  readonly log: (message: string) => void;
}

/** The output of one item; an `Error` makes that item alone a failed item. */
export type Prediction<Output> = Output | Error;

/** The outputs of a slice, in the order of its items. Each may be a promise; its rejection makes that item alone a failed item. */
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

/** An item of a dataset of files: a folder, or `s3://bucket/prefix/`. */
export interface ObjectItem {
  /** The path of the file in its folder, with `/` between folders, or the key without the prefix. */
  readonly name: string;
  /** The key of the object in its bucket. */
  readonly key: string;
  /** The local path of a copy, which exists while the slice is worked on. */
  readonly path: string;
}

/** The exports of a model module (named exports, or one default export with these members). */
export interface Model<Item = unknown, Output = unknown> {
  /** The most items that one `predict` call may be given; when absent, there is no limit. */
  readonly maxSliceItems?: number;
  /**
   * The most `predict` calls at once. A model that waits (for a network, a disk) is called again before an earlier call has ended, unless the job says
   * `--concurrency 1`. Use 1 for a model whose calls must not overlap. When absent, there is no limit.
   */
  readonly maxConcurrency?: number;
  load?(context: ModelContext): void | Promise<void>;
  /**
   * Returns one prediction per item, in the order of the items. Typed arrays are written as arrays, a BigInt with all its digits. An output that JSON
   * cannot express (NaN, a Map, a function) makes its item a failed item.
   */
  predict(
    items: readonly Item[],
    context: ModelContext,
  ): Promise<Predictions<Output>> | Predictions<Output> | AsyncIterable<Prediction<Output>>;
}
