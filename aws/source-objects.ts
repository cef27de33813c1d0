/** Datasets and weights in any bucket. An error that a user can repair becomes a `UserError`. */
import type { S3Client } from '@aws-sdk/client-s3';
import { ObjectMissing } from '../core/contract/object-store.js';
import type { PartOfObject, SourceObject, SourceObjects } from '../runner/dataset/ports.js';
import { messageOf, UserError } from '../runner/errors.js';
import { S3ObjectStore } from './s3-object-store.js';

export class S3SourceObjects implements SourceObjects {
  readonly #client: S3Client;

  constructor(client: S3Client) {
    this.#client = client;
  }

  async *stream(bucket: string, key: string, signal: AbortSignal, part: PartOfObject = {}): AsyncGenerator<Uint8Array> {
    try {
      yield* new S3ObjectStore(this.#client, bucket).stream(key, { ...part, signal });
    } catch (error) {
      throw explain(error, bucket, key, signal);
    }
  }

  async head(bucket: string, key: string, signal: AbortSignal): Promise<SourceObject | undefined> {
    try {
      const found = await new S3ObjectStore(this.#client, bucket).head(key, { signal });
      return found && { key, size: found.size, etag: found.etag };
    } catch (error) {
      throw explain(error, bucket, key, signal);
    }
  }

  async *list(bucket: string, prefix: string, signal: AbortSignal): AsyncGenerator<SourceObject> {
    try {
      for await (const { key, size, etag } of new S3ObjectStore(this.#client, bucket).list(prefix, { signal })) {
        yield { key, size, etag };
      }
    } catch (error) {
      throw explain(error, bucket, prefix, signal);
    }
  }
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const TROUBLE: Readonly<Record<string, string>> = {
  NoSuchBucket: 'the bucket does not exist',
  AccessDenied: 'S3 refused access; check that your credentials may read and list the bucket',
  Forbidden: 'S3 refused access; check that your credentials may read and list the bucket',
  PermanentRedirect: 'the bucket is in another region than the stack; copy the data to a bucket of its region',
};

function explain(error: unknown, bucket: string, key: string, signal: AbortSignal): unknown {
  if (signal.aborted) return error;
  const url = `s3://${bucket}/${key}`;
  if (error instanceof ObjectMissing) return new UserError(`The object ${url} does not exist.`);
  // The store explains refusals itself, and keeps S3's own error as the cause.
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const trouble = cause instanceof Error ? TROUBLE[cause.name] : undefined;
  return trouble === undefined ? error : new UserError(`Could not read ${url}: ${trouble} (${messageOf(cause)}).`);
}
