/** What would change the meaning of a request and is not done here is refused, never ignored. */
import { notServed } from '../errors.js';
import type { Query } from '../query.js';

export function refuse(query: Query, names: readonly string[], what: string): void {
  for (const name of names) if (query.has(name)) throw notServed(`${what} ${name}`);
}
