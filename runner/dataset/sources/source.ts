/** The port of one file, object or pipe that items are read from. */

/** The facts about a source that are known before it is read. */
export interface SourceFacts {
  readonly size?: number;
  readonly etag?: string;
}

export interface Source {
  /** The name as a person would write it: a path, `-`, or `s3://bucket/key`. */
  readonly name: string;
  /** The key by which two sources are the same one. */
  readonly identity: string;
  /** True when it can be read again from its beginning. A pipe cannot. */
  readonly again: boolean;
  /** The absolute path of a local file. */
  readonly file?: string;
  facts(signal: AbortSignal): Promise<SourceFacts>;
  stream(signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Returns exactly these bytes. Absent for a pipe. */
  readonly read?: (startByte: number, endByte: number, signal: AbortSignal) => Promise<Uint8Array>;
}
