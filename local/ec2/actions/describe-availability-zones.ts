import { zoneId, ZONES } from '../../market/instance-types.js';
import type { Action } from '../action.js';
import { invalidValue } from '../errors.js';
import { applyFilters } from '../filters.js';

export const describeAvailabilityZones: Action = (query, { region }) => {
  const names = query.strings('ZoneName');
  for (const name of names) {
    if (!ZONES.includes(name)) throw invalidValue('ZoneName', name, `There are: ${ZONES.join(', ')}.`);
  }
  const ids = query.strings('ZoneId');
  for (const id of ids) {
    if (!ZONES.map(zoneId).includes(id)) {
      throw invalidValue('ZoneId', id, `There are: ${ZONES.map(zoneId).join(', ')}.`);
    }
  }
  const named = ZONES.filter(
    (zone) => names.length + ids.length === 0 || names.includes(zone) || ids.includes(zoneId(zone)),
  );
  const zones = applyFilters(named, query, {
    fields: {
      'zone-name': (zone) => [zone],
      'zone-id': (zone) => [zoneId(zone)],
      'region-name': () => [region],
      state: () => ['available'],
      'zone-type': () => ['availability-zone'],
      'group-name': () => [region],
      'opt-in-status': () => ['opt-in-not-required'],
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
