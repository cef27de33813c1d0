import type { Action } from '../action.js';
import { findFleet } from '../fleet/answers.js';
import { fleetHistory } from '../fleet/history.js';

export const describeSpotFleetRequestHistory: Action = (query, compute) => {
  const fleet = findFleet((id) => compute.visible.fleet(id), 'spot', query.required('SpotFleetRequestId'));
  return { spotFleetRequestId: fleet.id, ...fleetHistory(fleet, query, compute) };
};
