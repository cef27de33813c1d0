/** Results in parts below a prefix of the user's bucket. A part is uploaded in pieces while it is written, and appears when it is whole. */
import { PassThrough } from 'node:stream';
import type { PutResult } from '../../../core/contract/object-store.js';
import { messageOf, UserError } from '../../errors.js';
import type { ByteOutput } from '../byte-output.js';
import type { ResultBucket } from '../ports.js';
import { WriteFailed } from '../write-failure.js';
import type { PartsStore, StoredFile } from './parts-store.js';

/** The bytes that wait for the upload. */
const WAITING_BYTES = 1024 * 1024;
/** A Parquet row group may be larger. The upload takes pieces of this size. */
const PIECE_BYTES = 1024 * 1024;
/** Removing what an interrupted command wrote must not hold up its end. */
const CLEAN_UP_MS = 10_000;

export interface BucketPlace {
  /** The URL as the user wrote it. */
  readonly url: string;
  readonly bucket: ResultBucket;
  readonly prefix: string;
  readonly signal: AbortSignal;
}

export class BucketStore implements PartsStore {
  readonly isStaged = false;

  readonly place: string;
  readonly #bucket: ResultBucket;
  readonly #prefix: string;
  readonly #signal: AbortSignal;

  constructor({ url, bucket, prefix, signal }: BucketPlace) {
    this.place = url;
    this.#bucket = bucket;
    this.#prefix = prefix;
    this.#signal = signal;
  }

  async *list(): AsyncGenerator<StoredFile> {
    for await (const { key, size } of this.#bucket.list(this.#prefix, { signal: this.#signal })) {
      const name = key.slice(this.#prefix.length);
      // Consoles make an empty object of this name for a folder.
      if (name !== '' || size > 0) yield { name, bytes: size };
    }
  }

  async read(name: string): Promise<Uint8Array | undefined> {
    return (await this.#bucket.get(this.#prefix + name, { signal: this.#cleanUpSignal() }))?.body;
  }

  async prepare(): Promise<void> {
    // A prefix needs no making.
  }

  async open(
    name: string,
    { onlyNew, bytes }: { readonly onlyNew: boolean; readonly bytes: number },
  ): Promise<ByteOutput> {
    const options = { signal: this.#signal, ifNoneMatch: onlyNew, bytes };
    const body = new PassThrough({ highWaterMark: WAITING_BYTES });
    const uploading = this.#bucket.upload(this.#prefix + name, body, options);
    return new Upload(this.place + name, body, uploading, this.#signal);
  }

  async publish(): Promise<void> {
    // An upload appears by itself.
  }

  async dropHidden(): Promise<void> {
    // A broken upload is removed by the store.
  }

  async put(name: string, text: string, { onlyNew }: { readonly onlyNew: boolean }): Promise<boolean> {
    const options = { signal: this.#signal, ifNoneMatch: onlyNew, contentType: 'application/json' };
    return (await this.#bucket.put(this.#prefix + name, text, options)).kind === 'written';
  }

  async remove(name: string): Promise<void> {
    await this.#bucket.remove(this.#prefix + name, { signal: this.#cleanUpSignal() });
  }

  /** Ctrl-C must not keep an interrupted command from removing what it wrote. */
  #cleanUpSignal(): AbortSignal {
    return this.#signal.aborted ? AbortSignal.timeout(CLEAN_UP_MS) : this.#signal;
  }
}

class Upload implements ByteOutput {
  readonly #url: string;
  readonly #body: PassThrough;
  readonly #uploading: Promise<PutResult>;
  readonly #signal: AbortSignal;

  constructor(url: string, body: PassThrough, uploading: Promise<PutResult>, signal: AbortSignal) {
    this.#url = url;
    this.#body = body;
    this.#uploading = uploading;
    this.#signal = signal;
    body.on('error', () => undefined); // the error of the upload itself says more
    uploading.catch(() => body.destroy());
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      try {
        if (this.#body.destroyed) throw new Error('The upload has ended.');
        if (!this.#body.write(bytes.subarray(at, at + PIECE_BYTES))) await this.#drained();
      } catch (error) {
        await this.#ended();
        throw error;
      }
    }
  }

  async finish(): Promise<Record<string, never>> {
    this.#body.end();
    const result = await this.#ended();
    if (result.kind === 'written') return {};
    throw new UserError(`Another command wrote ${this.#url} at the same time. Name another place with --out.`);
  }

  /** The broken body makes the upload remove the pieces that it has sent. */
  async discard(): Promise<void> {
    this.#body.destroy(new Error('The results are not wanted any more.'));
    await this.#uploading.catch(() => undefined);
  }

  /** An upload that has failed takes nothing more, so its end counts, too. */
  async #drained(): Promise<void> {
    const drained = new Promise<void>((resolve) => this.#body.once('drain', resolve));
    await Promise.race([drained, this.#uploading]);
  }

  async #ended(): Promise<PutResult> {
    try {
      return await this.#uploading;
    } catch (error) {
      this.#signal.throwIfAborted();
      if (error instanceof UserError) throw error;
      throw new WriteFailed(`Cannot write the results to ${this.#url}: ${messageOf(error)}.`, { cause: error });
    }
  }
}
