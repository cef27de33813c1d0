/** Keeps what buckets hold, beyond the process or not. */
import type { Bucket, StoredObject } from './buckets.js';

/** The effects of a change that was made in memory. Exactly one of them happens, later or at once. */
export interface Effects {
  /** The change will last. What it replaced can be given up. */
  readonly kept: () => void;
  /** The disk refused the change, and those after it were taken back already. */
  readonly undo: () => void;
}

/** Each call belongs to a change that was made in the same turn. */
export interface Keeper {
  put(
    at: ObjectPlace,
    change: { readonly now: StoredObject; readonly before: StoredObject | undefined },
    effects: Effects,
  ): void;
  remove(at: ObjectPlace, before: StoredObject, effects: Effects): void;
  /** The bucket is new, or its configuration has changed. */
  describe(bucket: Bucket, effects: Effects): void;
  forget(bucket: Bucket, effects: Effects): void;
  /** Resolves when all changes so far last. Rejects when they were taken back. Undefined when nothing is open. */
  settled(): Promise<void> | undefined;
}

export interface ObjectPlace {
  readonly bucket: string;
  readonly key: string;
}

/** Everything ends with the process, so each change lasts at once. */
export const inMemory: Keeper = {
  put: (_at, _change, { kept }) => kept(),
  remove: (_at, _before, { kept }) => kept(),
  describe: (_bucket, { kept }) => kept(),
  forget: (_bucket, { kept }) => kept(),
  settled: () => undefined,
};
