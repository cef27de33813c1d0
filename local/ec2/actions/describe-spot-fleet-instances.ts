import type { Action } from '../action.js';
import { activeInstances, findFleet } from '../fleet/answers.js';

export const describeSpotFleetInstances: Action = (query, compute) => {
  const fleet = findFleet((id) => compute.visible.fleet(id), 'spot', query.required('SpotFleetRequestId'));
  return { ...activeInstances(fleet, query, compute), spotFleetRequestId: fleet.id };
};
