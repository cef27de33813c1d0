/** An object store in memory with S3's semantics, and knobs for what goes wrong. */
import { createHash } from 'node:crypto';
import {
  type ListedObject,
  type ObjectHead,
  ObjectMissing,
  type ObjectStore,
  type PutOptions,
  type PutResult,
  type ReadOptions,
  type StoredObject,
} from '../../../core/object-store.js';
import { untilAborted } from '../../../worker/engine/until-aborted.js';

export type StoreCall = 'get' | 'head' | 'put' | 'list';

export class MemoryStore implements ObjectStore {
  readonly objects = new Map<string, StoredObject>();
  readonly calls: { readonly call: StoreCall; readonly key: string }[] = [];
  /** Thrown instead of the call, when it returns an error. */
  fail: (call: StoreCall, key: string) => Error | undefined = () => undefined;
  /** Runs before a call takes effect: a test may act, or wait, in between. */
  before: (call: StoreCall, key: string) => Promise<void> | void = () => undefined;
  /** The put takes effect, but its reply is lost once: what a retried put then meets. */
  loseReplyOf: (key: string) => boolean = () => false;

  async get(key: string, options: ReadOptions): Promise<StoredObject | undefined> {
    await this.enter('get', key, options.signal);
    const object = this.objects.get(key);
    if (object === undefined || options.range === undefined) return object;
    return { ...object, body: object.body.slice(options.range.startByte, options.range.endByte) };
  }

  async *stream(key: string, options: ReadOptions): AsyncGenerator<Uint8Array> {
    const object = await this.get(key, options);
    if (object === undefined) throw new ObjectMissing(key);
    yield object.body;
  }

  async head(key: string, options: { readonly signal: AbortSignal }): Promise<ObjectHead | undefined> {
    await this.enter('head', key, options.signal);
    const object = this.objects.get(key);
    return object && { size: object.body.length, etag: object.etag, metadata: object.metadata };
  }

  async put(key: string, body: Uint8Array | string, options: PutOptions): Promise<PutResult> {
    await this.enter('put', key, options.signal);
    const old = this.objects.get(key);
    if (options.ifNoneMatch === true && old !== undefined) return { kind: 'exists' };
    if (options.ifMatch !== undefined && old?.etag !== options.ifMatch) return { kind: 'changed' };
    const bytes = Buffer.from(body);
    const etag = `"${createHash('md5').update(bytes).digest('hex')}"`;
    this.objects.set(key, { body: bytes, etag, metadata: options.metadata ?? {} });
    // As the SDK does: the same put again, which now meets its own write.
    if (this.loseReplyOf(key)) return options.ifNoneMatch === true ? { kind: 'exists' } : { kind: 'written', etag };
    return { kind: 'written', etag };
  }

  async upload(key: string, body: AsyncIterable<Uint8Array>, options: PutOptions): Promise<PutResult> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    return this.put(key, Buffer.concat(chunks), options);
  }

  async *list(
    prefix: string,
    options: { readonly signal: AbortSignal; readonly startAfter?: string },
  ): AsyncGenerator<ListedObject> {
    await this.enter('list', prefix, options.signal);
    for (const key of this.keys(prefix)) {
      if (key <= (options.startAfter ?? '')) continue;
      yield { key, size: this.objects.get(key)?.body.length ?? 0, lastModifiedMs: 0 };
    }
  }

  async listFolder(): Promise<{ readonly objects: readonly ListedObject[]; readonly folders: readonly string[] }> {
    throw new Error('Workers list no folders.');
  }

  keys(prefix = ''): string[] {
    return [...this.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  text(key: string): string {
    const object = this.objects.get(key);
    if (object === undefined) throw new Error(`There is no ${key}.`);
    return Buffer.from(object.body).toString();
  }

  json(key: string): unknown {
    return JSON.parse(this.text(key));
  }

  set(key: string, value: unknown): void {
    const body = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
    this.objects.set(key, { body, etag: `"${this.objects.size}"`, metadata: {} });
  }

  private async enter(call: StoreCall, key: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.calls.push({ call, key });
    await untilAborted(Promise.resolve(this.before(call, key)), signal);
    signal.throwIfAborted();
    const error = this.fail(call, key);
    if (error !== undefined) throw error;
  }
}
