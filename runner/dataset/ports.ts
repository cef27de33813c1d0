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
  /** Returns what is known of the object. Undefined when it does not exist. */
  head(bucket: string, key: string, signal: AbortSignal): Promise<SourceObject | undefined>;
  /** Lists every object with the prefix, in UTF-8 order of keys. */
  list(bucket: string, prefix: string, signal: AbortSignal): AsyncIterable<SourceObject>;
}

/** A file or object of which any range of bytes can be read, as Parquet needs it. A pipe has none. */
export interface RangedSource {
  /** The name of the file or object, for messages. */
  readonly name: string;
  readonly size: number;
  /** Returns exactly these bytes. Throws a `UserError` when the source cannot be read, and `ObjectChanged` when it has changed. */
  read(startByte: number, endByte: number, signal: AbortSignal): Promise<Uint8Array>;
}
