/** The port of the dataset reader: objects of any bucket, not only the stack's. */

export interface SourceObject {
  readonly key: string;
  readonly size: number;
  readonly etag: string;
}

export interface SourceObjects {
  /** Streams the whole object. Throws a `UserError` when it does not exist or access is denied. */
  stream(bucket: string, key: string, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Lists every object with the prefix, in UTF-8 order of keys. */
  list(bucket: string, prefix: string, signal: AbortSignal): AsyncIterable<SourceObject>;
}
