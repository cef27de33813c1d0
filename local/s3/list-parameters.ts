/** What listings have in common: how a count is read and how names are encoded. */
import { invalidArgument } from './errors.js';

/** S3 gives no more at once, whatever is asked for. */
const MAX_PER_PAGE = 1000;

export function readCount(query: URLSearchParams, name: string): number {
  const value = query.get(name);
  if (value === null || value === '') return MAX_PER_PAGE;
  if (!/^\d{1,10}$/.test(value)) {
    throw invalidArgument(`Provided ${name} not an integer or within integer range`, name, value);
  }
  return Math.min(Number(value), MAX_PER_PAGE);
}

/** With `encoding-type=url`, names are encoded as in a form: a space is `+`, a slash stays. */
export function readEncoding(query: URLSearchParams): (name: string) => string {
  const type = query.get('encoding-type');
  if (type === null) return (name) => name;
  if (type !== 'url') throw invalidArgument('Invalid Encoding Method specified in Request', 'encoding-type', type);
  return (name) =>
    encodeURIComponent(name)
      .replace(/%20/g, '+')
      .replace(/%2F/g, '/')
      .replace(/[!'()]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
