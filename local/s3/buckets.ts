/**
 * Buckets, their objects and their unfinished uploads, in memory. A keeper hears of each change (keeper.ts).
 *
 * Invariant: `publish` and `remove` are synchronous. The check of a condition and the change that it guards happen
 * in one turn, so that of two racing conditional writes exactly one wins. A stored object owns its body until its
 * replacement or removal is kept.
 */
import type { Body } from './body.js';
import type { Checksum, ChecksumAlgorithm, ChecksumType } from './checksums.js';
import { ConditionalWrites, type WriteWatch } from './conditional-writes.js';
import { S3Error, noSuchBucket, noSuchKey, noSuchUpload } from './errors.js';
import { inMemory, type Keeper } from './keeper.js';
import type { ObjectHeaders } from './object-headers.js';
import { OrderedMap } from './ordered-map.js';
import { checkDelete, checkWrite } from './preconditions.js';
import type { S3Headers } from './request.js';
import type { Tags } from './tags.js';

export interface StoredObject {
  readonly body: Body;
  /** The ETag with its quotes. */
  readonly etag: string;
  readonly lastModifiedMs: number;
  readonly headers: ObjectHeaders;
  readonly checksum: Checksum;
  readonly tags: Tags;
  /** Present if the object was uploaded in parts. */
  readonly parts?: readonly PartRecord[];
}

/** The data that is kept about a part of a complete object. */
export interface PartRecord {
  readonly number: number;
  readonly size: number;
  readonly checksum: Checksum;
}

export interface Part {
  readonly number: number;
  readonly body: Body;
  readonly md5: Buffer;
  /** The checksum that the part brought, or a computed one. */
  readonly checksum: Checksum;
  /**
   * The checksum that enters that of the whole object. It is another one if the upload was created without naming a
   * checksum.
   */
  readonly joined: Checksum;
  readonly lastModifiedMs: number;
}

export interface Upload {
  readonly id: string;
  readonly key: string;
  readonly initiatedMs: number;
  readonly headers: ObjectHeaders;
  readonly tags: Tags;
  /** The checksum that the upload's creator chose; by default S3 computes a CRC-64/NVME of the whole object. */
  readonly checksum: { readonly algorithm: ChecksumAlgorithm; readonly type: ChecksumType } | undefined;
  readonly parts: Map<number, Part>;
}

export class Bucket {
  readonly objects = new OrderedMap<StoredObject>();
  readonly uploads = new Map<string, Upload>();
  /** Documents that are kept and given back, by sub-resource. */
  readonly configuration = new Map<string, string>();
  readonly conditionalWrites = new ConditionalWrites();

  constructor(
    readonly name: string,
    readonly location: string,
    readonly createdAtMs: number,
    readonly keeper: Keeper = inMemory,
  ) {}

  object(key: string): StoredObject {
    const object = this.objects.get(key);
    if (object === undefined) throw noSuchKey(key);
    return object;
  }

  upload(id: string, key: string): Upload {
    const upload = this.uploads.get(id);
    if (upload === undefined || upload.key !== key) throw noSuchUpload(id);
    return upload;
  }

  /**
   * Takes ownership of the object's body; if it throws, the caller still owns the body. An upload that the object
   * completes ends with it.
   */
  publish(key: string, object: StoredObject, conditions: S3Headers, watch: WriteWatch, completes?: Upload): void {
    const before = this.objects.get(key);
    checkWrite(conditions, key, before, watch);
    this.keeper.put(
      { bucket: this.name, key },
      { now: object, before },
      {
        kept: () => {
          before?.body.release();
          releaseParts(completes);
        },
        undo: () => {
          this.#restore(key, before);
          object.body.release();
          if (completes !== undefined) this.uploads.set(completes.id, completes);
        },
      },
    );
    this.objects.set(key, object);
    if (completes !== undefined) this.uploads.delete(completes.id);
  }

  remove(key: string, ifMatch: string | undefined): void {
    const before = this.objects.get(key);
    checkDelete(ifMatch, key, before);
    if (before === undefined) return;
    this.keeper.remove({ bucket: this.name, key }, before, {
      kept: () => before.body.release(),
      undo: () => this.#restore(key, before),
    });
    this.objects.delete(key);
    this.conditionalWrites.deleted(key);
  }

  /** Replaces the tags; everything else stays, including the time of the last change. */
  retag(key: string, tags: Tags): void {
    const before = this.object(key);
    const now = { ...before, tags };
    this.keeper.put(
      { bucket: this.name, key },
      { now, before },
      {
        kept: () => undefined, // Both have the same body.
        undo: () => this.#restore(key, before),
      },
    );
    this.objects.set(key, now);
  }

  /** Sets a document of the configuration, or deletes it. */
  configure(subresource: string, document: string | undefined): void {
    const before = this.configuration.get(subresource);
    this.#setDocument(subresource, document);
    this.keeper.describe(this, { kept: () => undefined, undo: () => this.#setDocument(subresource, before) });
  }

  #setDocument(subresource: string, document: string | undefined): void {
    if (document === undefined) this.configuration.delete(subresource);
    else this.configuration.set(subresource, document);
  }

  #restore(key: string, before: StoredObject | undefined): void {
    if (before === undefined) this.objects.delete(key);
    else this.objects.set(key, before);
  }

  /** Takes ownership of the part's body. */
  putPart(upload: Upload, part: Part): void {
    upload.parts.get(part.number)?.body.release();
    upload.parts.set(part.number, part);
  }

  endUpload(upload: Upload): void {
    this.uploads.delete(upload.id);
    releaseParts(upload);
  }
}

function releaseParts(upload: Upload | undefined): void {
  for (const part of upload?.parts.values() ?? []) part.body.release();
}

export class Buckets {
  readonly #buckets = new OrderedMap<Bucket>();

  constructor(readonly keeper: Keeper = inMemory) {}

  get(name: string): Bucket {
    const bucket = this.#buckets.get(name);
    if (bucket === undefined) throw noSuchBucket(name);
    return bucket;
  }

  find(name: string): Bucket | undefined {
    return this.#buckets.get(name);
  }

  /** The bucket must have this keeper. */
  add(bucket: Bucket): void {
    this.#buckets.set(bucket.name, bucket);
    this.keeper.describe(bucket, { kept: () => undefined, undo: () => this.#buckets.delete(bucket.name) });
  }

  /** Adds a bucket that is kept already. */
  restore(bucket: Bucket): void {
    this.#buckets.set(bucket.name, bucket);
  }

  delete(name: string): void {
    const bucket = this.get(name);
    if (bucket.objects.size > 0) {
      throw new S3Error(409, 'BucketNotEmpty', 'The bucket you tried to delete is not empty', { BucketName: name });
    }
    this.#buckets.delete(name);
    this.keeper.forget(bucket, {
      kept: () => bucket.uploads.forEach((upload) => bucket.endUpload(upload)),
      undo: () => this.#buckets.set(name, bucket),
    });
  }

  inOrder(): readonly Bucket[] {
    return [...this.#buckets.entriesFrom(() => true)].map(([, bucket]) => bucket);
  }
}
