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
  readonly lastModifiedMs: number;
}

export interface ListedFolder {
  readonly objects: readonly ListedObject[];
  readonly folders: readonly string[];
  /** The store's own clock when it answered: the one by which `lastModifiedMs` is to be read. */
  readonly atMs: number;
}

/** `exists`: If-None-Match met an object (412). `changed`: If-Match met another ETag, or no object (412, 404). */
export type PutResult =
  { readonly kind: 'written'; readonly etag: string } | { readonly kind: 'exists' } | { readonly kind: 'changed' };

export interface PutOptions {
  readonly signal: AbortSignal;
  /** Only if no object has the key (`If-None-Match: *`). */
  readonly ifNoneMatch?: boolean;
  /** Only if the object still has this ETag. */
  readonly ifMatch?: string;
  readonly contentType?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** One tag, by which the bucket's lifecycle finds the object; its writer needs the permission to set it. */
  readonly tag?: { readonly key: string; readonly value: string };
}

export interface ReadOptions {
  readonly signal: AbortSignal;
  /** Bytes `[startByte, endByte)`, as many of them as there are; the whole object when absent. */
  readonly range?: { readonly startByte: number; readonly endByte: number };
}

/**
 * Every method throws for failures that are not in its return type (network, permission); the adapter has retried what
 * AWS says is worth retrying, including 409 on conditional puts.
 */
export interface ObjectStore {
  /** Whole object, or range, in memory; undefined when there is none. */
  get(key: string, options: ReadOptions): Promise<StoredObject | undefined>;
  /** For bodies that need not fit in memory. Throws `ObjectMissing` when there is none. */
  stream(key: string, options: ReadOptions): AsyncIterable<Uint8Array>;
  head(key: string, options: { readonly signal: AbortSignal }): Promise<ObjectHead | undefined>;
  put(key: string, body: Uint8Array | string, options: PutOptions): Promise<PutResult>;
  /** Streams a body of unknown size in bounded memory (multipart). */
  upload(key: string, body: AsyncIterable<Uint8Array>, options: PutOptions): Promise<PutResult>;
  /** All keys with the prefix in UTF-8 order. */
  list(
    prefix: string,
    options: { readonly signal: AbortSignal; readonly startAfter?: string },
  ): AsyncIterable<ListedObject>;
  /** The objects and folders directly below the prefix (delimiter `/`); folders end in `/`. */
  listFolder(prefix: string, options: { readonly signal: AbortSignal }): Promise<ListedFolder>;
  /**
   * Called by whoever reads an object that is not what its key says and treats it as missing (R13). Whoever hands the store on decides who is told of
   * it, and how; each object is told of once (runner/controller/report-damages.ts).
   */
  readonly damaged?: (damage: Damage) => void;
}

export interface Damage {
  readonly key: string;
  /** Goes on a sentence that begins with the key, and says what follows: "is not the manifest of job a: it is treated as missing". */
  readonly why: string;
}

export class ObjectMissing extends Error {
  override readonly name = 'ObjectMissing';
  constructor(readonly key: string) {
    super(`There is no object ${key}.`);
  }
}

/** Access was refused (403). `message` says what to check. */
export class ObjectRefused extends Error {
  override readonly name = 'ObjectRefused';
}
