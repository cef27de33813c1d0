/** The port to S3 that runner and worker share; `aws/s3-object-store.ts` implements it. Keys are within one bucket. */

export interface StoredObject {
  readonly body: Uint8Array;
  readonly etag: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface ObjectHead {
  readonly size: number;
  readonly etag: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface ListedObject {
  readonly key: string;
  readonly size: number;
  readonly etag: string;
  readonly lastModifiedMs: number;
}

export interface ListedFolder {
  readonly objects: readonly ListedObject[];
  readonly folders: readonly string[];
  /** The time of the answer by the store's own clock, which `lastModifiedMs` goes by, too. */
  readonly atMs: number;
}

/** `exists`: If-None-Match met an object (412). `changed`: If-Match met another ETag, or no object (412, 404). */
export type PutResult =
  { readonly kind: 'written'; readonly etag: string } | { readonly kind: 'exists' } | { readonly kind: 'changed' };

export interface PutOptions {
  readonly signal: AbortSignal;
  /** Write only if no object has the key (`If-None-Match: *`). */
  readonly ifNoneMatch?: boolean;
  /** Write only if the object still has this ETag. */
  readonly ifMatch?: string;
  readonly contentType?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** The tag by which the bucket's lifecycle finds the object. Setting it needs a permission of its own. */
  readonly tag?: { readonly key: string; readonly value: string };
  /** The size of an uploaded body, as far as it is known. Without it an upload may have 50 GB. */
  readonly bytes?: number;
}

export interface ReadOptions {
  readonly signal: AbortSignal;
  /** Read bytes `[startByte, endByte)`, as many of them as there are; when absent, read the whole object. */
  readonly range?: { readonly startByte: number; readonly endByte: number };
  /** Read only if the object still has this ETag. Otherwise the read throws `ObjectChanged`. */
  readonly ifMatch?: string;
}

/**
 * Every method throws for failures that are not in its return type (network, permission). The adapter has retried the failures that AWS says are worth
 * a retry, including 409 on conditional puts.
 */
export interface ObjectStore {
  /** Reads the object, or a range of it, into memory. Returns undefined when there is no object. */
  get(key: string, options: ReadOptions): Promise<StoredObject | undefined>;
  /** Reads a body that need not fit in memory. Throws `ObjectMissing` when there is no object. */
  stream(key: string, options: ReadOptions): AsyncIterable<Uint8Array>;
  head(key: string, options: { readonly signal: AbortSignal }): Promise<ObjectHead | undefined>;
  put(key: string, body: Uint8Array | string, options: PutOptions): Promise<PutResult>;
  /** Streams a body of unknown size in bounded memory (multipart). */
  upload(key: string, body: AsyncIterable<Uint8Array>, options: PutOptions): Promise<PutResult>;
  /** Lists all keys with the prefix, in UTF-8 order. */
  list(
    prefix: string,
    options: { readonly signal: AbortSignal; readonly startAfter?: string },
  ): AsyncIterable<ListedObject>;
  /** Lists the objects and folders directly below the prefix (delimiter `/`). Folders end in `/`. */
  listFolder(prefix: string, options: { readonly signal: AbortSignal }): Promise<ListedFolder>;
  /**
   * A reader calls it when an object is not what its key says and is treated as missing (R13). The creator of the store decides how the damage is
   * reported; each object is reported once (runner/controller/report-damages.ts).
   */
  readonly damaged?: (damage: Damage) => void;
}

export interface Damage {
  readonly key: string;
  /** The rest of a sentence that begins with the key, with the consequence: "is not the manifest of job a: it is treated as missing". */
  readonly why: string;
}

export class ObjectMissing extends Error {
  override readonly name = 'ObjectMissing';
  constructor(readonly key: string) {
    super(`There is no object ${key}.`);
  }
}

/** The object has another ETag than the reader asked for (412). */
export class ObjectChanged extends Error {
  override readonly name = 'ObjectChanged';
  constructor(readonly key: string) {
    super(`The object ${key} was replaced by another one.`);
  }
}

/** Access was refused (403). The message says what to check. */
export class ObjectRefused extends Error {
  override readonly name = 'ObjectRefused';
}
