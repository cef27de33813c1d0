/** A store in memory, with ways to make calls fail. */
import type {
  ListedObject,
  ObjectHead,
  PutOptions,
  PutResult,
  ReadOptions,
  StoredObject,
} from '../../../core/contract/object-store.js';
import { untilAborted } from '../../../worker/until-aborted.js';
import { MemoryStore as FaultlessStore } from '../../support/memory-store.js';

export type StoreCall = 'get' | 'head' | 'put' | 'list';

export class MemoryStore extends FaultlessStore {
  readonly calls: { readonly call: StoreCall; readonly key: string }[] = [];
  /** Returns an error to throw instead of making the call. */
  fail: (call: StoreCall, key: string) => Error | undefined = () => undefined;
  /** Runs before a call takes effect, so that a test may act, or wait, in between. */
  before: (call: StoreCall, key: string) => Promise<void> | void = () => undefined;
  /** Loses the reply of a put once, after it took effect: a retried put then meets its own write. */
  loseReplyOf: (key: string) => boolean = () => false;

  override async get(key: string, options: ReadOptions): Promise<StoredObject | undefined> {
    await this.#enter('get', key, options.signal);
    return super.get(key, options);
  }

  override async head(key: string, options: { readonly signal: AbortSignal }): Promise<ObjectHead | undefined> {
    await this.#enter('head', key, options.signal);
    return super.head(key, options);
  }

  override async put(key: string, body: Uint8Array | string, options: PutOptions): Promise<PutResult> {
    await this.#enter('put', key, options.signal);
    const result = await super.put(key, body, options);
    // Puts the same body again, as the SDK does, which now meets its own write.
    const meetsItself = result.kind === 'written' && this.loseReplyOf(key) && options.ifNoneMatch === true;
    return meetsItself ? { kind: 'exists' } : result;
  }

  override async *list(
    prefix: string,
    options: { readonly signal: AbortSignal; readonly startAfter?: string },
  ): AsyncGenerator<ListedObject> {
    await this.#enter('list', prefix, options.signal);
    yield* super.list(prefix, options);
  }

  keys(prefix = ''): string[] {
    return [...this.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  override text(key: string): string {
    const text = super.text(key);
    if (text === undefined) throw new Error(`There is no ${key}.`);
    return text;
  }

  json(key: string): unknown {
    return JSON.parse(this.text(key));
  }

  set(key: string, value: unknown): void {
    const body = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
    this.objects.set(key, { body, etag: `"${this.objects.size}"`, metadata: {}, lastModifiedMs: this.nowMs });
  }

  async #enter(call: StoreCall, key: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.calls.push({ call, key });
    await untilAborted(Promise.resolve(this.before(call, key)), signal);
    signal.throwIfAborted();
    const error = this.fail(call, key);
    if (error !== undefined) throw error;
  }
}
