/** S3 as one bucket: conditional writes, listings in pages, and its own clock. */
import { createHash } from 'node:crypto';
import {
  type ListedFolder,
  type ListedObject,
  ObjectChanged,
  ObjectMissing,
  type ObjectStore,
  type PutOptions,
  type PutResult,
  type StoredObject,
} from '../../../core/contract/object-store.js';
import { definedFields } from '../../../core/defined-fields.js';
import type { SimulatedProcess } from '../process.js';
import { Folders } from './folders.js';
import { type Answer, call } from './network.js';
import type { World } from './world.js';

const KEYS_PER_PAGE = 1_000;
/** Listings show times in whole seconds. */
const SECOND_MS = 1_000;

export interface KeptObject {
  readonly body: Buffer;
  readonly etag: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly lastModifiedMs: number;
}

type Put = Omit<PutOptions, 'signal'>;

export class SimulatedS3 {
  readonly objects = new Folders<KeptObject>();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  text(key: string): string | undefined {
    return this.objects.get(key)?.body.toString();
  }

  /** Every key with the prefix, in order. */
  keys(prefix: string): readonly string[] {
    return this.objects.page(prefix, { most: Number.POSITIVE_INFINITY, byFolder: false }).objects.map(([key]) => key);
  }

  /** Writes at once: as a process does, without the network. */
  put(key: string, body: Uint8Array | string, { ifNoneMatch, ifMatch, metadata }: Put = {}): PutResult {
    const was = this.objects.get(key);
    if (ifNoneMatch === true && was !== undefined) return { kind: 'exists' };
    if (ifMatch !== undefined && was?.etag !== ifMatch) return { kind: 'changed' };
    const bytes = Buffer.from(body);
    const etag = `"${createHash('md5').update(bytes).digest('hex')}"`;
    this.objects.set(key, { body: bytes, etag, metadata: metadata ?? {}, lastModifiedMs: this.#nowMs });
    return { kind: 'written', etag };
  }

  get #nowMs(): number {
    return this.#world.clock.nowMs;
  }

  /** The bucket as a process reaches it. */
  storeFor(process: SimulatedProcess): ObjectStore {
    const world = this.#world;
    const ask = <T>(what: string, signal: AbortSignal, act: () => Answer<T>): Promise<T> =>
      call(world, process, { service: 's3', what, signal, act });
    const put = (key: string, body: Uint8Array | string, { signal, ...options }: PutOptions): Promise<PutResult> => {
      const bytes = Buffer.from(body);
      return ask(`put ${key}`, signal, () => {
        const result = this.put(key, bytes, options);
        return { value: result, told: { operation: 's3.put', key, body: bytes, options, result } };
      });
    };
    const get: ObjectStore['get'] = async (key, { signal, range, ifMatch }) => {
      const answer = await ask(`get ${key} ${range?.startByte}`, signal, () => {
        const found = this.objects.get(key);
        const isOther = found !== undefined && ifMatch !== undefined && found.etag !== ifMatch;
        const value = found && !isOther ? partOf(found, range) : undefined;
        return { value: isOther ? OTHER : value, told: { operation: 's3.get', key, found: value } };
      });
      if (answer === OTHER) throw new ObjectChanged(key);
      return answer;
    };
    return {
      get,
      put,
      async *stream(key, options) {
        const found = await get(key, options);
        if (found === undefined) throw new ObjectMissing(key);
        yield found.body;
      },
      head: (key, { signal }) =>
        ask(`head ${key}`, signal, () => {
          const kept = this.objects.get(key);
          const found = kept && { size: kept.body.length, etag: kept.etag, metadata: kept.metadata };
          return { value: found, told: { operation: 's3.head', key, found } };
        }),
      upload: async (key, body, options) => {
        const parts: Uint8Array[] = [];
        for await (const part of body) parts.push(part);
        return put(key, Buffer.concat(parts), options);
      },
      list: (prefix, options) => this.#list(ask, prefix, options),
      listFolder: (prefix, { signal }) => this.#listFolder(ask, prefix, signal),
    };
  }

  async *#list(
    ask: Ask,
    prefix: string,
    { signal, startAfter }: { readonly signal: AbortSignal; readonly startAfter?: string },
  ): AsyncGenerator<ListedObject> {
    for (let after = startAfter; ;) {
      const page = await ask(`list ${prefix} ${after}`, signal, () => this.#page(prefix, after, false));
      for (const [key, kept] of page.objects) yield listed(key, kept);
      if (page.next === undefined) return;
      after = page.next;
    }
  }

  async #listFolder(ask: Ask, prefix: string, signal: AbortSignal): Promise<ListedFolder> {
    const objects: ListedObject[] = [];
    const folders: string[] = [];
    for (let after: string | undefined; ;) {
      const page = await ask(`list folder ${prefix} ${after}`, signal, () => this.#page(prefix, after, true));
      for (const [key, kept] of page.objects) objects.push(listed(key, kept));
      folders.push(...page.folders);
      if (page.next === undefined) return { objects, folders, atMs: page.atMs };
      after = page.next;
    }
  }

  #page(prefix: string, after: string | undefined, folders: boolean) {
    const options = { most: KEYS_PER_PAGE, byFolder: folders, ...definedFields({ after }) };
    const page = this.objects.page(prefix, options);
    const keys = page.objects.map(([key]) => key);
    const told = { operation: 's3.list', prefix, startAfter: after, folders, keys } as const;
    return { value: { ...page, atMs: Math.floor(this.#nowMs / SECOND_MS) * SECOND_MS }, told };
  }
}

type Ask = <T>(what: string, signal: AbortSignal, act: () => Answer<T>) => Promise<T>;

const OTHER = 'another object' as const;

function partOf(
  { body, etag, metadata }: KeptObject,
  range: { readonly startByte: number; readonly endByte: number } | undefined,
): StoredObject {
  return { body: range === undefined ? body : body.subarray(range.startByte, range.endByte), etag, metadata };
}

const listed = (key: string, { body, etag, lastModifiedMs }: KeptObject): ListedObject => ({
  key,
  size: body.length,
  etag,
  lastModifiedMs: Math.floor(lastModifiedMs / SECOND_MS) * SECOND_MS,
});
