/** Small JSON objects of the bucket. */
import type { ObjectStore } from '../ports.js';

export async function getText(store: ObjectStore, key: string, signal: AbortSignal): Promise<string | undefined> {
  const stored = await store.get(key, { signal });
  return stored === undefined ? undefined : new TextDecoder().decode(stored.body);
}

/** For objects that only spotpool writes; undefined when there is none. */
export async function getJson<T>(store: ObjectStore, key: string, signal: AbortSignal): Promise<T | undefined> {
  const text = await getText(store, key, signal);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw new Error(`The object ${key} is not JSON.`, { cause: error });
  }
}

export const toJson = (value: unknown): string => `${JSON.stringify(value)}\n`;

export const JSON_TYPE = 'application/json';
