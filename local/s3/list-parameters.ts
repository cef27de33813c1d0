/** What listings have in common: how a count is read and how names are encoded. */
import { invalidArgument } from './errors.js';

/** S3 gives no more at once, whatever is asked for. */
const MAX_PER_PAGE = 1000;

export const readCount = (query: URLSearchParams, name: string): number => parseCount(name, query.get(name));

/** More than `max` is `max`; less than `min` is refused. */
export function parseCount(
  name: string,
  value: string | null | undefined,
  { min, max }: { readonly min: number; readonly max: number } = { min: 0, max: MAX_PER_PAGE },
): number {
  if (value === null || value === undefined || value === '') return max;
  if (!/^\d{1,10}$/.test(value) || Number(value) < min) throw notInRange(name, value);
  return Math.min(Number(value), max);
}

/** The number after which a list of parts goes on. */
export function parseMarker(name: string, value: string | null | undefined): number {
  if (value === null || value === undefined || value === '') return 0;
  if (!/^\d{1,10}$/.test(value)) throw notInRange(name, value);
  return Number(value);
}

const notInRange = (name: string, value: string): Error =>
  invalidArgument(`Provided ${name} not an integer or within integer range`, name, value);

/** With `encoding-type=url`, names are encoded as in a form: a space is `+`, a slash stays. */
export function readEncoding(query: URLSearchParams): (name: string) => string {
  const type = query.get('encoding-type');
  if (type === null) return (name) => name;
  if (type !== 'url') throw invalidArgument('Invalid Encoding Method specified in Request', 'encoding-type', type);
  return encodeName;
}

function encodeName(name: string): string {
  // Most names have nothing to encode.
  if (/^[\w./*-]*$/.test(name)) return name;
  return encodeURIComponent(name)
    .replace(/%20/g, '+')
    .replace(/%2F/g, '/')
    .replace(/[!'()]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
