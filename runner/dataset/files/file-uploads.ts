/**
 * Uploads the files of a folder, each once under its SHA-256.
 *
 * Invariants:
 * - Nothing is uploaded before `begin`: the files that were read until then wait, and the model is tried with them.
 * - `offer` resolves when the bucket has the file. So a line whose file was offered after `begin` names an object that exists.
 * - An object appears only when all bytes that were sent have the digest of its key, because a multipart upload whose body fails creates nothing.
 */
import { fileKey } from '../../../core/contract/keys.js';
import { ObjectMissing, type ObjectStore } from '../../../core/contract/object-store.js';
import { UserError } from '../../errors.js';
import type { Clock } from '../../ports.js';
import { KnownFiles } from './known-files.js';
import { changedFault, contentsOf, FileFault, type HashedFile, readFile, WHOLE_BYTES } from './read-file.js';

export interface FilesProgress {
  /** The files that are read and in the bucket, of all files of the folder. */
  readonly files: number;
  readonly total: number;
  readonly bytes: number;
  readonly totalBytes: number;
  /** The files that this command has sent. The others were in the bucket. */
  readonly sent: number;
  readonly sentBytes: number;
  readonly seconds: number;
}

export interface UploadTarget {
  readonly store: ObjectStore;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: FilesProgress) => void;
}

const isStored = (): boolean => true;
const isNotStored = (): boolean => false;
const TYPE = 'application/octet-stream';
/** Often enough for a display, and rare enough to cost nothing. */
const PROGRESS_EVERY_MS = 250;

export class FileUploads {
  /** The stack's bucket, which the lines name. */
  readonly bucket: string;
  readonly #waiting: HashedFile[] = [];
  /** The digests that are on their way to the bucket, or there. */
  readonly #stored = new Map<string, Promise<void> | true>();
  #target: (UploadTarget & { readonly known: KnownFiles; readonly sinceMs: number }) | undefined;
  #counts = { files: 0, total: 0, bytes: 0, totalBytes: 0, sent: 0, sentBytes: 0 };
  /** The files that were counted before the upload began, and that are not sent yet. */
  #notSent = { files: 0, bytes: 0 };
  #shownMs = -Infinity;

  constructor(bucket: string) {
    this.bucket = bucket;
  }

  /** True when the dataset is a folder. */
  get isUsed(): boolean {
    return this.#counts.total > 0;
  }

  /** True while nothing is uploaded, because `begin` was not called. */
  get isWaiting(): boolean {
    return this.#target === undefined;
  }

  /** Says what will be offered, before the first file is. */
  expect(total: number, totalBytes: number): void {
    this.#counts = { ...this.#counts, total, totalBytes };
  }

  /** Uploads the files that wait, and from now on each file that is offered. */
  async begin(target: UploadTarget): Promise<void> {
    if (!this.isUsed) return;
    const known = new KnownFiles(target.store, this.#counts.total, target.signal);
    this.#target = { ...target, known, sinceMs: target.clock.nowMs() };
    const all = this.#waiting.splice(0);
    this.#notSent = { files: all.length, bytes: all.reduce((sum, { bytes }) => sum + bytes, 0) };
    for (const waiting of all) {
      await this.#put(waiting).catch((error: unknown) => {
        if (!(error instanceof FileFault)) throw error;
        throw new UserError(`The file ${waiting.path} ${error.message}. Submit again when no program writes to it.`);
      });
      this.#notSent = { files: this.#notSent.files - 1, bytes: this.#notSent.bytes - waiting.bytes };
      if (this.#notSent.files > 0) this.#show(false);
    }
    if (this.#counts.files === this.#counts.total) this.#show(true);
  }

  /** Resolves with true when the bucket is known to have the file, so that it need not be read. */
  async has(digest: string, bytes: number): Promise<boolean> {
    if (this.#target === undefined) return true;
    const stored = this.#stored.get(digest);
    if (stored === undefined) return this.#isThere(digest, bytes);
    return stored === true || stored.then(isStored, isNotStored);
  }

  /** Resolves when the bucket has the file, or at once while nothing is uploaded yet. Throws `FileChanged` when the file has other bytes now. */
  async offer(file: HashedFile): Promise<void> {
    if (this.#target === undefined) {
      const { contents: _, ...waiting } = file;
      this.#waiting.push(waiting);
      return;
    }
    await this.#put(file);
  }

  /** Counts a file that is read and in the bucket, or that cannot be read. */
  count(bytes: number): void {
    this.#counts.files += 1;
    this.#counts.bytes += bytes;
    this.#show(this.#counts.files === this.#counts.total);
  }

  /** Resolves when no request of this object is under way. */
  async settled(): Promise<void> {
    await this.#target?.known.settled();
  }

  /** Gives a trial the files that wait, under the keys that they will have. */
  get streams(): Pick<ObjectStore, 'stream'> {
    return {
      stream: (key, { signal }) => {
        const file = this.#waiting.find(({ digest }) => fileKey(digest) === key);
        if (file === undefined) throw new ObjectMissing(key);
        return contentsOf(file, signal);
      },
    };
  }

  async #put(file: HashedFile): Promise<void> {
    const before = this.#stored.get(file.digest);
    if (before === true) return;
    if (before !== undefined) return before;
    const doing = this.#send(file);
    this.#stored.set(file.digest, doing);
    try {
      await doing;
      this.#stored.set(file.digest, true);
    } catch (error) {
      this.#stored.delete(file.digest);
      throw error;
    }
  }

  async #send(file: HashedFile): Promise<void> {
    const { digest, bytes, contents } = file;
    if (await this.#isThere(digest, bytes)) return;
    const { store, signal } = this.#begun();
    const key = fileKey(digest);
    const options = { signal, ifNoneMatch: true, contentType: TYPE, bytes };
    const put = contents === undefined ? await this.#sendAgain(file) : await store.put(key, contents, options);
    if (put.kind === 'written') {
      this.#counts.sent += 1;
      this.#counts.sentBytes += bytes;
      if (this.#counts.files < this.#counts.total) this.#show(false);
    } else if ((await store.head(key, { signal }))?.size !== bytes) {
      throw new UserError(
        `The object ${key} in the bucket ${this.bucket} is not the file that its key names: it has another size. Delete it, then submit again.`,
      );
    }
  }

  /** Sends a file that is not in memory. Small ones are read as a whole, because their request can then be retried. */
  async #sendAgain(file: HashedFile) {
    const { store, signal } = this.#begun();
    const key = fileKey(file.digest);
    const options = { signal, ifNoneMatch: true, contentType: TYPE, bytes: file.bytes };
    if (file.bytes > WHOLE_BYTES) return store.upload(key, contentsOf(file, signal), options);
    const { contents, digest } = await readFile(file.path, signal);
    if (contents === undefined || digest !== file.digest) throw changedFault();
    return store.put(key, contents, options);
  }

  async #isThere(digest: string, bytes: number): Promise<boolean> {
    return (await this.#begun().known.sizeOf(digest)) === bytes;
  }

  #begun() {
    if (this.#target === undefined) throw new Error('The upload of the files has not begun.');
    return this.#target;
  }

  #show(isLast: boolean): void {
    if (this.#target === undefined) return;
    const { clock, onProgress, sinceMs } = this.#target;
    const nowMs = clock.nowMs();
    if (!isLast && nowMs - this.#shownMs < PROGRESS_EVERY_MS) return;
    this.#shownMs = nowMs;
    const { files, bytes } = this.#counts;
    const done = { files: files - this.#notSent.files, bytes: bytes - this.#notSent.bytes };
    onProgress({ ...this.#counts, ...done, seconds: (nowMs - sinceMs) / 1000 });
  }
}
