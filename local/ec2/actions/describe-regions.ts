import type { Action } from '../action.js';
import { invalidValue } from '../errors.js';

/** There is one region. */
export const describeRegions: Action = (query, { region }) => {
  for (const name of query.strings('RegionName')) {
    if (name !== region) throw invalidValue('RegionName', name, `The local cloud has one region: ${region}.`);
  }
  return {
    regionInfo: [
      { regionName: region, regionEndpoint: `ec2.${region}.amazonaws.com`, optInStatus: 'opt-in-not-required' },
    ],
  };
};
