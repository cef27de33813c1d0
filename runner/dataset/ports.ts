/** The port of the dataset reader: objects of any bucket, not only the stack's. */
import type { ReadOptions } from '../../core/contract/object-store.js';

export interface SourceObject {
  readonly key: string;
  readonly size: number;
  readonly etag: string;
}

export type PartOfObject = Omit<ReadOptions, 'signal'>;

export interface SourceObjects {
  /**
   * Streams the object, or a range of it. Throws a `UserError` when it does not exist or access is denied, and `ObjectChanged`
   * when it has another ETag than the one that was asked for.
   */
  stream(bucket: string, key: string, signal: AbortSignal, part?: PartOfObject): AsyncIterable<Uint8Array>;
  /** Lists every object with the prefix, in UTF-8 order of keys. */
  list(bucket: string, prefix: string, signal: AbortSignal): AsyncIterable<SourceObject>;
}
