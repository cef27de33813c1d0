import type { Action } from '../action.js';
import { activeInstances, findFleet } from '../fleet/answers.js';

export const describeFleetInstances: Action = (query, compute) => {
  const fleet = findFleet((id) => compute.visible.fleet(id), 'ec2', query.required('FleetId'));
  return { ...activeInstances(fleet, query, compute), fleetId: fleet.id };
};
