/**
 * `MaxResults` and `NextToken`. A token names the last item that was returned, so that changes between two pages
 * neither skip nor repeat items.
 */
import { Ec2Error } from './errors.js';
import type { Query } from './query.js';

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextToken: string | undefined;
}

const DEFAULT_PAGE_ITEMS = 1000;

/** `orderOf` must rise from item to item. */
export function page<Item>(
  items: readonly Item[],
  query: Query,
  orderOf: (item: Item, index: number) => number,
  limits: { readonly min: number; readonly max: number } = { min: 1, max: DEFAULT_PAGE_ITEMS },
): Page<Item> {
  const size = query.integer('MaxResults', limits) ?? DEFAULT_PAGE_ITEMS;
  const after = decode(query.string('NextToken'));
  const rest = items.map((item, index) => ({ item, order: orderOf(item, index) })).filter(({ order }) => order > after);
  const given = rest.slice(0, size);
  const last = given.at(-1);
  return {
    items: given.map(({ item }) => item),
    nextToken: rest.length > size && last !== undefined ? encode(last.order) : undefined,
  };
}

const encode = (order: number): string => Buffer.from(`after:${order}`).toString('base64url');

function decode(token: string | undefined): number {
  if (token === undefined || token === '') return -Infinity;
  const match = /^after:(\d+)$/.exec(Buffer.from(token, 'base64url').toString('utf8'));
  if (match?.[1] === undefined) throw new Ec2Error('InvalidNextToken', `The token '${token}' is invalid`);
  return Number(match[1]);
}
