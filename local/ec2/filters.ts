/**
 * `Filter.N` of describe calls. All filters must match; a filter matches if one of its values does. `*` and `?` are
 * wildcards, and a backslash escapes them. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html
 */
import { Ec2Error } from './errors.js';
import type { Query } from './query.js';
import type { Tags } from './tags.js';

const MAX_VALUES = 200;

export interface Filterable<Item> {
  /** Returns an item's values, by the name of the filter. */
  readonly fields: Readonly<Record<string, (item: Item) => readonly string[]>>;
  /** Enables the filters `tag:<key>` and `tag-key`. */
  readonly tags?: (item: Item) => Tags;
}

export function applyFilters<Item>(items: readonly Item[], query: Query, by: Filterable<Item>): readonly Item[] {
  const tests = query.list('Filter').map((filter) => {
    const name = filter.required('Name');
    const patterns = filter.strings('Value').map(wildcard);
    if (patterns.length > MAX_VALUES) throw new Ec2Error('FilterLimitExceeded', `At most ${MAX_VALUES} values.`);
    const valuesOf = reader(name, by);
    return (item: Item): boolean => valuesOf(item).some((value) => patterns.some((pattern) => pattern.test(value)));
  });
  return items.filter((item) => tests.every((test) => test(item)));
}

function reader<Item>(name: string, by: Filterable<Item>): (item: Item) => readonly string[] {
  const { tags } = by;
  if (tags !== undefined && name === 'tag-key') return (item) => [...tags(item).keys()];
  if (tags !== undefined && name.startsWith('tag:')) {
    return (item) => [tags(item).get(name.slice('tag:'.length))].filter((value) => value !== undefined);
  }
  const field = Object.hasOwn(by.fields, name) ? by.fields[name] : undefined;
  if (field !== undefined) return field;
  const served = [...Object.keys(by.fields), ...(tags === undefined ? [] : ['tag:<key>', 'tag-key'])].join(', ');
  throw new Ec2Error('InvalidParameterValue', `The filter '${name}' is invalid. The local cloud has: ${served}`);
}

export function wildcard(pattern: string): RegExp {
  const source = pattern.replace(/\\[*?\\]|[^]/g, (part) => {
    if (part === '*') return '.*';
    if (part === '?') return '.';
    return part.slice(-1).replace(/[.*+?^${}()|[\]\\]/, '\\$&');
  });
  return new RegExp(`^${source}$`, 's');
}
