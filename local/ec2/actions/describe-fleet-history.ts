import type { Action } from '../action.js';
import { findFleet } from '../fleet/answers.js';
import { fleetHistory } from '../fleet/history.js';

export const describeFleetHistory: Action = (query, compute) => {
  const fleet = findFleet((id) => compute.visible.fleet(id), 'ec2', query.required('FleetId'));
  return { fleetId: fleet.id, ...fleetHistory(fleet, query, compute) };
};
