/** Deletes objects of a stack's bucket, up to a thousand with a request. */
import { DeleteObjectsCommand, type S3Client } from '@aws-sdk/client-s3';
import { isAccessDenied } from './errors.js';
import type { ObjectRemoval } from '../runner/ports.js';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
const MOST_KEYS = 1_000;

export class S3ObjectRemoval implements ObjectRemoval {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  async remove(keys: readonly string[], signal: AbortSignal): Promise<void> {
    for (let first = 0; first < keys.length; first += MOST_KEYS) {
      await this.#remove(keys.slice(first, first + MOST_KEYS), signal);
    }
  }

  async #remove(keys: readonly string[], signal: AbortSignal): Promise<void> {
    const Delete = { Objects: keys.map((Key) => ({ Key })), Quiet: true };
    try {
      const { Errors = [] } = await this.#client.send(new DeleteObjectsCommand({ Bucket: this.#bucket, Delete }), {
        abortSignal: signal,
      });
      const [first] = Errors;
      if (first === undefined) return;
      const { Key, Code, Message } = first;
      const more = Errors.length === 1 ? '' : `, and ${Errors.length - 1} more`;
      throw new Error(`S3 did not delete ${Key}${more}: ${Code}: ${Message}${adviceOf(Code === 'AccessDenied')}`);
    } catch (error) {
      if (!isAccessDenied(error)) throw error;
      throw new Error(`S3 refused to delete objects of the bucket ${this.#bucket} (403)${adviceOf(true)}`, {
        cause: error,
      });
    }
  }
}

const adviceOf = (isRefusal: boolean): string =>
  isRefusal ? '. Your credentials need s3:DeleteObject, which the managed policy of the stack gives.' : '';
