/**
 * Tracks conditional writes that are in progress. If a delete of the key succeeds before such a write ends, the
 * write fails with a conflict, even if the key is free in the end:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
import type { S3Headers } from './request.js';

export interface WriteWatch {
  readonly sawDelete: boolean;
}

const UNWATCHED: WriteWatch = { sawDelete: false };

export class ConditionalWrites {
  readonly #open = new Map<string, Set<{ sawDelete: boolean }>>();

  /** Watches the key while `write` runs. */
  async during<Result>(
    key: string,
    headers: S3Headers,
    write: (watch: WriteWatch) => Promise<Result>,
  ): Promise<Result> {
    if (!headers.has('if-none-match') && !headers.has('if-match')) return write(UNWATCHED);
    const watch = { sawDelete: false };
    const watches = this.#open.get(key) ?? new Set();
    this.#open.set(key, watches.add(watch));
    try {
      return await write(watch);
    } finally {
      watches.delete(watch);
      if (watches.size === 0) this.#open.delete(key);
    }
  }

  deleted(key: string): void {
    for (const watch of this.#open.get(key) ?? []) watch.sawDelete = true;
  }
}
