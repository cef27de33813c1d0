/**
 * Small objects of the bucket: read up to a bound, decoded by the codec beside their type. What is not what its key says is told of
 * (`ObjectStore.damaged`), and is as good as missing (R13).
 */
import type { ListedObject, ObjectStore } from '../ports.js';

/** Undefined for what is none: a codec of core/. */
export type Decoder<T> = (json: Uint8Array) => T | undefined;

export interface Kind<T> {
  /** With its article: "the mark of an end". */
  readonly name: string;
  readonly mostBytes: number;
  readonly decode: Decoder<T>;
}

/** `value` is undefined when the object is damaged; its ETag is that of what is there, for the write that mends it. */
export interface ReadObject<T> {
  readonly value: T | undefined;
  readonly etag: string;
  readonly body: Uint8Array;
}

/** Undefined when there is none. */
export async function readObject<T>(
  store: ObjectStore,
  key: string,
  kind: Kind<T>,
  signal: AbortSignal,
): Promise<ReadObject<T> | undefined> {
  // A byte more than there may be shows that it is too long; the rest of it is never fetched.
  const range = { startByte: 0, endByte: kind.mostBytes + 1 };
  const stored = await store.get(key, { signal, range });
  if (stored === undefined) return undefined;
  const { body, etag } = stored;
  const isTooLong = body.length > kind.mostBytes;
  const value = isTooLong ? undefined : kind.decode(body);
  if (value === undefined) {
    const what = isTooLong
      ? `is longer than ${kind.name} can be (${kind.mostBytes} bytes)`
      : `is not ${kind.name} as this version of spotpool knows it`;
    store.damaged?.({ key, why: `${what}: it is treated as missing` });
  }
  return { value, etag, body };
}

/** Undefined when there is none that is whole. */
export async function getObject<T>(
  store: ObjectStore,
  key: string,
  kind: Kind<T>,
  signal: AbortSignal,
): Promise<T | undefined> {
  return (await readObject(store, key, kind, signal))?.value;
}

/** By its place in the listing, so that what was damaged is not read again as long as it is the same. */
export const sightOf = ({ key, size, lastModifiedMs }: ListedObject): string => `${key} ${size} ${lastModifiedMs}`;

export const toJson = (value: unknown): string => `${JSON.stringify(value)}\n`;

export const JSON_TYPE = 'application/json';
