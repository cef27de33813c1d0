import type { Action } from '../action.js';
import { applyFilters } from '../filters.js';
import { page } from '../paging.js';
import { taggedResources } from '../resources.js';

export const describeTags: Action = (query, compute) => {
  const all = taggedResources(compute).flatMap(({ id, type, tags }) =>
    [...tags].map(([key, value]) => ({ resourceId: id, resourceType: type, key, value })),
  );
  const found = applyFilters(all, query, {
    fields: {
      'resource-id': (tag) => [tag.resourceId],
      'resource-type': (tag) => [tag.resourceType],
      key: (tag) => [tag.key],
      value: (tag) => [tag.value],
    },
    tags: (tag) => new Map([[tag.key, tag.value]]),
  });
  const { items, nextToken } = page(found, query, (_, index) => index, { min: 5, max: 1000 });
  return { tagSet: items, nextToken };
};
