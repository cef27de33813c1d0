import { zoneId, ZONES } from '../../market/instance-types.js';
import type { Action } from '../action.js';
import { invalidValue } from '../errors.js';
import { applyFilters } from '../filters.js';

export const describeAvailabilityZones: Action = (query, { region }) => {
  const names = query.strings('ZoneName');
  for (const name of names) {
    if (!ZONES.includes(name)) throw invalidValue('ZoneName', name, `There are: ${ZONES.join(', ')}.`);
  }
  const zones = applyFilters(names.length > 0 ? names : ZONES, query, {
    fields: {
      'zone-name': (zone) => [zone],
      'zone-id': (zone) => [zoneId(zone)],
      'region-name': () => [region],
      state: () => ['available'],
    },
  });
  return {
    availabilityZoneInfo: zones.map((zone) => ({
      zoneName: zone,
      zoneId: zoneId(zone),
      zoneState: 'available',
      zoneType: 'availability-zone',
      regionName: region,
      groupName: region,
      networkBorderGroup: region,
      optInStatus: 'opt-in-not-required',
    })),
  };
};
