import type { Action } from '../action.js';
import { invalidValue } from '../errors.js';
import { applyFilters } from '../filters.js';

/** The local cloud has only one region. */
export const describeRegions: Action = (query, { region }) => {
  for (const name of query.strings('RegionName')) {
    if (name !== region) throw invalidValue('RegionName', name, `The local cloud has one region: ${region}.`);
  }
  const endpoint = `ec2.${region}.amazonaws.com`;
  const found = applyFilters([region], query, {
    fields: {
      'region-name': (name) => [name],
      endpoint: () => [endpoint],
      'opt-in-status': () => ['opt-in-not-required'],
    },
  });
  return {
    regionInfo: found.map((name) => ({
      regionName: name,
      regionEndpoint: endpoint,
      optInStatus: 'opt-in-not-required',
    })),
  };
};
