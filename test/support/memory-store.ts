/** An object store in memory with the semantics of the port: conditional writes, ranges, and listings in UTF-8 order. */
import { createHash } from 'node:crypto';
import {
  type ListedFolder,
  type ListedObject,
  ObjectChanged,
  type ObjectHead,
  ObjectMissing,
  type ObjectStore,
  type PutOptions,
  type PutResult,
  type ReadOptions,
  type StoredObject,
} from '../../core/contract/object-store.js';

interface Kept {
  readonly body: Buffer;
  readonly etag: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly lastModifiedMs: number;
  readonly tag?: PutOptions['tag'];
}

const STREAM_CHUNK_BYTES = 64 * 1024;

export class MemoryStore implements ObjectStore {
  readonly objects = new Map<string, Kept>();
  /** The store's own clock. It stands still until a test moves it. */
  nowMs = 0;
  /** All written keys in the order of the writes. */
  readonly writes: string[] = [];
  /** Called before each write, and for uploads after the body has been read. Throw an error to make the write fail. */
  beforeWrite: (key: string) => void | Promise<void> = () => undefined;
  /** Called before each read of an object's body. */
  beforeRead: (key: string) => void | Promise<void> = () => undefined;

  async removeAll(keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      await this.beforeWrite(key);
      this.objects.delete(key);
    }
  }

  text(key: string): string | undefined {
    return this.objects.get(key)?.body.toString();
  }

  async get(key: string, { signal, range, ifMatch }: ReadOptions): Promise<StoredObject | undefined> {
    signal.throwIfAborted();
    await this.beforeRead(key);
    const kept = this.objects.get(key);
    if (kept === undefined) return undefined;
    if (ifMatch !== undefined && ifMatch !== kept.etag) throw new ObjectChanged(key);
    return { ...kept, body: range === undefined ? kept.body : kept.body.subarray(range.startByte, range.endByte) };
  }

  async *stream(key: string, options: ReadOptions): AsyncGenerator<Uint8Array> {
    const found = await this.get(key, options);
    if (found === undefined) throw new ObjectMissing(key);
    for (let at = 0; at < found.body.length; at += STREAM_CHUNK_BYTES) {
      options.signal.throwIfAborted();
      yield found.body.subarray(at, at + STREAM_CHUNK_BYTES);
    }
  }

  async head(key: string, { signal }: { readonly signal: AbortSignal }): Promise<ObjectHead | undefined> {
    signal.throwIfAborted();
    const kept = this.objects.get(key);
    return kept && { size: kept.body.length, etag: kept.etag, metadata: kept.metadata };
  }

  async put(key: string, body: Uint8Array | string, options: PutOptions): Promise<PutResult> {
    options.signal.throwIfAborted();
    await this.beforeWrite(key);
    const old = this.objects.get(key);
    if (options.ifNoneMatch === true && old !== undefined) return { kind: 'exists' };
    if (options.ifMatch !== undefined && old?.etag !== options.ifMatch) return { kind: 'changed' };
    const bytes = Buffer.from(body);
    const etag = `"${createHash('md5').update(bytes).digest('hex')}"`;
    const tag = options.tag === undefined ? {} : { tag: options.tag };
    this.objects.set(key, { body: bytes, etag, metadata: options.metadata ?? {}, lastModifiedMs: this.nowMs, ...tag });
    this.writes.push(key);
    return { kind: 'written', etag };
  }

  async upload(key: string, body: AsyncIterable<Uint8Array>, options: PutOptions): Promise<PutResult> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) {
      options.signal.throwIfAborted();
      chunks.push(Buffer.from(chunk));
    }
    return this.put(key, Buffer.concat(chunks), options);
  }

  async *list(
    prefix: string,
    { signal, startAfter = '' }: { readonly signal: AbortSignal; readonly startAfter?: string },
  ): AsyncGenerator<ListedObject> {
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix) && key > startAfter);
    for (const key of keys.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))) {
      signal.throwIfAborted();
      const kept = this.objects.get(key);
      if (kept !== undefined)
        yield { key, size: kept.body.length, etag: kept.etag, lastModifiedMs: kept.lastModifiedMs };
    }
  }

  async listFolder(prefix: string, options: { readonly signal: AbortSignal }): Promise<ListedFolder> {
    const objects: ListedObject[] = [];
    const folders = new Set<string>();
    for await (const object of this.list(prefix, options)) {
      const slash = object.key.indexOf('/', prefix.length);
      if (slash === -1) objects.push(object);
      else folders.add(object.key.slice(0, slash + 1));
    }
    return { objects, folders: [...folders], atMs: this.nowMs };
  }
}

/** A bucket of the user, to which results are written. */
export class MemoryBucket extends MemoryStore {
  async remove(key: string): Promise<void> {
    await this.beforeWrite(key);
    this.objects.delete(key);
  }
}
