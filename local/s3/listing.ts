/**
 * Computes one page of a listing from the ordered keys alone. Keys that share the text between the prefix and the
 * first delimiter after it become one common prefix; a search skips them instead of walking over them.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 */
import { invalidArgument } from './errors.js';
import { compareKeys } from './key-order.js';
import type { OrderedMap } from './ordered-map.js';

/** The position at which a listing continues: after a key, or after all keys that begin with a common prefix. */
export type Position = { readonly kind: 'key' | 'prefix'; readonly value: string };

export interface PageRequest {
  readonly prefix: string;
  readonly delimiter: string;
  readonly after: Position | undefined;
  readonly maxKeys: number;
}

export interface Page<Value> {
  /** The keys and common prefixes of the page are in order, at most `maxKeys` together. */
  readonly entries: readonly (readonly [string, Value])[];
  readonly commonPrefixes: readonly string[];
  /** The position at which the next page begins; undefined if nothing is left. */
  readonly next: Position | undefined;
}

export function listPage<Value>(objects: OrderedMap<Value>, request: PageRequest): Page<Value> {
  const { prefix, delimiter, maxKeys } = request;
  const entries: (readonly [string, Value])[] = [];
  const commonPrefixes: string[] = [];
  let last: Position | undefined;
  let walk = objects.entriesFrom(startOf(prefix, request.after));
  for (let step = walk.next(); !step.done; step = walk.next()) {
    const [key] = step.value;
    if (!key.startsWith(prefix)) break;
    // For a page of no keys AWS reports that nothing is left.
    if (entries.length + commonPrefixes.length >= maxKeys) return { entries, commonPrefixes, next: last };
    const common = commonPrefixOf(key, prefix, delimiter);
    if (common === undefined) {
      entries.push(step.value);
      last = { kind: 'key', value: key };
    } else {
      commonPrefixes.push(common);
      last = { kind: 'prefix', value: common };
      walk = objects.entriesFrom(isPastPrefix(common));
    }
  }
  return { entries, commonPrefixes, next: undefined };
}

export function commonPrefixOf(key: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === '') return undefined;
  const found = key.indexOf(delimiter, prefix.length);
  return found === -1 ? undefined : key.slice(0, found + delimiter.length);
}

function startOf(prefix: string, after: Position | undefined): (key: string) => boolean {
  if (after === undefined || compareKeys(after.value, prefix) < 0) return (key) => compareKeys(key, prefix) >= 0;
  return after.kind === 'prefix' ? isPastPrefix(after.value) : (key) => compareKeys(key, after.value) > 0;
}

const isPastPrefix =
  (prefix: string) =>
  (key: string): boolean =>
    compareKeys(key, prefix) > 0 && !key.startsWith(prefix);

/** A marker may be the common prefix that the last page ended with; then all keys below it have been listed. */
export function markerPosition(marker: string, prefix: string, delimiter: string): Position | undefined {
  if (marker === '') return undefined;
  const isCommonPrefix = marker.startsWith(prefix) && commonPrefixOf(marker, prefix, delimiter) === marker;
  return { kind: isCommonPrefix ? 'prefix' : 'key', value: marker };
}

/** The token is opaque to clients and holds the whole position: the server keeps no state. */
export const encodeToken = (position: Position): string =>
  Buffer.from(`${position.kind === 'key' ? 'k' : 'p'}${position.value}`).toString('base64url');

export function decodeToken(token: string): Position | undefined {
  const text = Buffer.from(token, 'base64url').toString();
  if (encodeRaw(text) !== token || !/^[kp]/.test(text)) return undefined;
  return { kind: text.startsWith('k') ? 'key' : 'prefix', value: text.slice(1) };
}

export const wrongToken = (token: string): Error =>
  invalidArgument('The continuation token provided is incorrect', 'continuation-token', token);

const encodeRaw = (text: string): string => Buffer.from(text).toString('base64url');
