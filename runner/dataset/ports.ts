/** What the dataset reader needs from the world: objects of any bucket, not only the stack's. */

export interface SourceObject {
  readonly key: string;
  readonly size: number;
}

export interface SourceObjects {
  /** The whole object; throws `UserError` when it does not exist or may not be read. */
  stream(bucket: string, key: string, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Every object with the prefix, in UTF-8 order of keys. */
  list(bucket: string, prefix: string, signal: AbortSignal): AsyncIterable<SourceObject>;
}
