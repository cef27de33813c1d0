/** Parameters that would change a request's meaning, but are not implemented here, are refused and never ignored. */
import { notServed } from '../errors.js';
import type { Query } from '../query.js';

export function refuse(query: Query, names: readonly string[], what: string): void {
  for (const name of names) if (query.has(name)) throw notServed(`${what} ${name}`);
}
