/**
 * Reads small objects of the bucket up to a bound, and decodes them by the codec beside their type. A damaged object, which is not what its key says, is
 * reported (`ObjectStore.damaged`) and treated as missing (R13).
 */
import type { ListedObject, ObjectStore } from '../ports.js';

/** A codec of core/; it returns undefined for a damaged object. */
export type Decoder<T> = (json: Uint8Array) => T | undefined;

export interface Kind<T> {
  /** The name has its article: "the mark of an end". */
  readonly name: string;
  readonly mostBytes: number;
  readonly decode: Decoder<T>;
}

/** `value` is undefined when the object is damaged. The ETag is that of the damaged object then, for the write that replaces it. */
export interface ReadObject<T> {
  readonly value: T | undefined;
  readonly etag: string;
  readonly body: Uint8Array;
}

/** Returns undefined when there is no object. */
export async function readObject<T>(
  store: ObjectStore,
  key: string,
  kind: Kind<T>,
  signal: AbortSignal,
): Promise<ReadObject<T> | undefined> {
  // One byte more than allowed shows that the object is too long; the rest of it is never fetched.
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

/** Returns undefined when there is no object, or a damaged one. */
export async function getObject<T>(
  store: ObjectStore,
  key: string,
  kind: Kind<T>,
  signal: AbortSignal,
): Promise<T | undefined> {
  return (await readObject(store, key, kind, signal))?.value;
}

/** Identifies an object by its entry in the listing, so that a damaged object is not read again while it stays the same. */
export const sightOf = ({ key, size, lastModifiedMs }: ListedObject): string => `${key} ${size} ${lastModifiedMs}`;

export const toJson = (value: unknown): string => `${JSON.stringify(value)}\n`;

export const JSON_TYPE = 'application/json';
