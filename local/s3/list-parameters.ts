/** Parsing of counts and encoding of names, which all listings share. */
import { invalidArgument } from './errors.js';

/** S3 returns at most this many entries, even if a request asks for more. */
const MAX_PER_PAGE = 1000;

export const readCount = (query: URLSearchParams, name: string): number => parseCount(name, query.get(name));

/** Values above `max` become `max`; values below `min` are refused. */
export function parseCount(
  name: string,
  value: string | null | undefined,
  { min, max }: { readonly min: number; readonly max: number } = { min: 0, max: MAX_PER_PAGE },
): number {
  if (value === null || value === undefined || value === '') return max;
  if (!/^\d{1,10}$/.test(value) || Number(value) < min) throw notInRange(name, value);
  return Math.min(Number(value), max);
}

/** Returns the part number after which a list of parts continues. */
export function parseMarker(name: string, value: string | null | undefined): number {
  if (value === null || value === undefined || value === '') return 0;
  if (!/^\d{1,10}$/.test(value)) throw notInRange(name, value);
  return Number(value);
}

const notInRange = (name: string, value: string): Error =>
  invalidArgument(`Provided ${name} not an integer or within integer range`, name, value);

/** With `encoding-type=url`, names are encoded as in a form: a space becomes `+`, a slash stays. */
export function readEncoding(query: URLSearchParams): (name: string) => string {
  const type = query.get('encoding-type');
  if (type === null) return (name) => name;
  if (type !== 'url') throw invalidArgument('Invalid Encoding Method specified in Request', 'encoding-type', type);
  return encodeName;
}

function encodeName(name: string): string {
  // Most names need no encoding.
  if (/^[\w./*-]*$/.test(name)) return name;
  return encodeURIComponent(name)
    .replace(/%20/g, '+')
    .replace(/%2F/g, '/')
    .replace(/[!'()]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
