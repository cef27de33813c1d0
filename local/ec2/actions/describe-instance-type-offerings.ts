import { instanceTypes, zoneId, ZONES } from '../../market/instance-types.js';
import type { Action } from '../action.js';
import { applyFilters } from '../filters.js';
import { page } from '../paging.js';

/** Every type is offered in every zone. */
export const describeInstanceTypeOfferings: Action = (query, { region }) => {
  const type = query.oneOf('LocationType', ['region', 'availability-zone', 'availability-zone-id']) ?? 'region';
  const locations = { region: [region], 'availability-zone': ZONES, 'availability-zone-id': ZONES.map(zoneId) }[type];
  const all = instanceTypes.flatMap(({ name }) => locations.map((location) => ({ name, location })));
  const found = applyFilters(all, query, {
    fields: { 'instance-type': ({ name }) => [name], location: ({ location }) => [location] },
  });
  const { items, nextToken } = page(found, query, (_, index) => index, { min: 5, max: 1000 });
  return {
    instanceTypeOfferingSet: items.map(({ name, location }) => ({ instanceType: name, location, locationType: type })),
    nextToken,
  };
};
