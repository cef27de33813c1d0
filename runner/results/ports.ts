/** The port to the buckets that results are written to. They are the user's own, not the stack's. */
import type { ObjectStore } from '../../core/contract/object-store.js';

export interface ResultBucket extends Pick<ObjectStore, 'get' | 'put' | 'upload' | 'list'> {
  /** A missing object is no error. */
  remove(key: string, options: { readonly signal: AbortSignal }): Promise<void>;
}

/** Every method of a bucket throws a `UserError` when the bucket does not exist, is in another region, or refuses access. */
export type ResultBuckets = (bucket: string) => ResultBucket;
