/**
 * A store in memory that counts requests as S3 would: each page of a listing, each read and each write is one. It keeps its keys sorted, so that a
 * listing among a hundred thousand of them is fast.
 */
import type {
  ListedFolder,
  ListedObject,
  ObjectHead,
  PutOptions,
  PutResult,
  ReadOptions,
  StoredObject,
} from '../../core/contract/object-store.js';
import { MemoryStore } from './memory-store.js';

const PAGE_KEYS = 1_000;

export type RequestKind = 'get' | 'head' | 'put' | 'list';

export class CountingStore extends MemoryStore {
  readonly requests: Record<RequestKind, number> = { get: 0, head: 0, put: 0, list: 0 };
  readonly #keys: string[] = [];
  readonly #known = new Set<string>();
  #isSorted = true;

  get total(): number {
    const { get, head, put, list } = this.requests;
    return get + head + put + list;
  }

  reset(): void {
    Object.assign(this.requests, { get: 0, head: 0, put: 0, list: 0 });
  }

  override get(key: string, options: ReadOptions): Promise<StoredObject | undefined> {
    this.requests.get += 1;
    return super.get(key, options);
  }

  override head(key: string, options: { readonly signal: AbortSignal }): Promise<ObjectHead | undefined> {
    this.requests.head += 1;
    return super.head(key, options);
  }

  override async put(key: string, body: Uint8Array | string, options: PutOptions): Promise<PutResult> {
    this.requests.put += 1;
    const result = await super.put(key, body, options);
    if (result.kind === 'written' && !this.#known.has(key)) {
      this.#known.add(key);
      this.#keys.push(key);
      this.#isSorted = false;
    }
    return result;
  }

  override async *list(
    prefix: string,
    { signal, startAfter = '' }: { readonly signal: AbortSignal; readonly startAfter?: string },
  ): AsyncGenerator<ListedObject> {
    this.requests.list += 1;
    let yielded = 0;
    for (const object of this.#objects(prefix, startAfter)) {
      signal.throwIfAborted();
      if (yielded > 0 && yielded % PAGE_KEYS === 0) this.requests.list += 1;
      yielded += 1;
      yield object;
    }
  }

  override async listFolder(prefix: string, _options: { readonly signal: AbortSignal }): Promise<ListedFolder> {
    const objects: ListedObject[] = [];
    const folders: string[] = [];
    for (let from = ''; ;) {
      let folder: string | undefined;
      for (const object of this.#objects(prefix, from)) {
        const slash = object.key.indexOf('/', prefix.length);
        if (slash !== -1) {
          folder = object.key.slice(0, slash + 1);
          break;
        }
        objects.push(object);
      }
      if (folder === undefined) break;
      folders.push(folder);
      // The next listing begins behind everything in the folder, however much that is.
      from = `${folder}\uffff`;
    }
    this.requests.list += Math.max(1, Math.ceil((objects.length + folders.length) / PAGE_KEYS));
    return { objects, folders, atMs: this.nowMs };
  }

  *#objects(prefix: string, startAfter: string): Generator<ListedObject> {
    if (!this.#isSorted) this.#keys.sort(byBytes);
    this.#isSorted = true;
    for (let at = this.#firstFrom(startAfter > prefix ? startAfter : prefix); at < this.#keys.length; at++) {
      const key = this.#keys[at] ?? '';
      if (!key.startsWith(prefix)) return;
      const kept = this.objects.get(key);
      if (key === startAfter || kept === undefined) continue;
      yield { key, size: kept.body.length, etag: kept.etag, lastModifiedMs: kept.lastModifiedMs };
    }
  }

  #firstFrom(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (byBytes(this.#keys[middle] ?? '', key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The keys of the product are ASCII, whose order in bytes is that of their characters. */
const byBytes = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
