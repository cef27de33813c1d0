/** The user's buckets to which results are written. An error that a user can repair becomes a `UserError`. */
import { DeleteObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { ListedObject, PutOptions, PutResult, ReadOptions, StoredObject } from '../core/contract/object-store.js';
import { messageOf, UserError } from '../runner/errors.js';
import type { ResultBucket } from '../runner/results/ports.js';
import { isAccessDenied, isMissingObject } from './errors.js';
import { S3ObjectStore } from './s3-object-store.js';

export class S3ResultBucket implements ResultBucket {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #store: S3ObjectStore;

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
    this.#store = new S3ObjectStore(client, bucket);
  }

  get(key: string, options: ReadOptions): Promise<StoredObject | undefined> {
    return this.#explained(key, this.#store.get(key, options));
  }

  put(key: string, body: Uint8Array | string, options: PutOptions): Promise<PutResult> {
    return this.#explained(key, this.#store.put(key, body, options));
  }

  upload(key: string, body: AsyncIterable<Uint8Array>, options: PutOptions): Promise<PutResult> {
    return this.#explained(key, this.#store.upload(key, body, options));
  }

  async *list(prefix: string, options: { readonly signal: AbortSignal }): AsyncGenerator<ListedObject> {
    try {
      yield* this.#store.list(prefix, options);
    } catch (error) {
      throw this.#explain(error, prefix);
    }
  }

  async remove(key: string, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    try {
      await this.#client.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key: key }), { abortSignal: signal });
    } catch (error) {
      if (isMissingObject(error)) return;
      if (!isAccessDenied(error)) throw this.#explain(error, key);
      throw new UserError(
        `S3 refused to delete s3://${this.#bucket}/${key} (403). To replace results, your credentials need s3:DeleteObject. Or name another prefix.`,
      );
    }
  }

  async #explained<T>(key: string, doing: Promise<T>): Promise<T> {
    try {
      return await doing;
    } catch (error) {
      throw this.#explain(error, key);
    }
  }

  /** The store explains refusals itself, and keeps S3's own error as the cause. */
  #explain(error: unknown, key: string): unknown {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    if (isAccessDenied(cause)) return new UserError(messageOf(error));
    const trouble = cause instanceof Error ? TROUBLE[cause.name] : undefined;
    return trouble === undefined
      ? error
      : new UserError(`Cannot write to s3://${this.#bucket}/${key}: ${trouble} (${messageOf(cause)}).`);
  }
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const TROUBLE: Readonly<Record<string, string>> = {
  NoSuchBucket: 'the bucket does not exist',
  InvalidBucketName: 'no bucket can have this name',
  PermanentRedirect: 'the bucket is in another region than the stack; name a bucket of its region',
};
