import type { Action } from '../action.js';
import { Ec2Error, notServed } from '../errors.js';
import { findFleet } from '../fleet/answers.js';
import { MOST_TARGET_CAPACITY } from '../fleet/config.js';

export const modifySpotFleetRequest: Action = (query, compute) => {
  const fleet = findFleet(compute, 'spot', query.required('SpotFleetRequestId'));
  if (query.has('LaunchTemplateConfigs')) throw notServed('a change of LaunchTemplateConfigs');
  const policy = query.oneOf('ExcessCapacityTerminationPolicy', ['default', 'noTermination']);
  const range = { min: 0, max: MOST_TARGET_CAPACITY };
  const target = query.integer('TargetCapacity', range);
  if ((query.integer('OnDemandTargetCapacity', range) ?? 0) > 0) throw notServed('on-demand capacity');
  if (target === undefined && policy === undefined) {
    throw new Ec2Error('InvalidParameterCombination', 'No attributes specified.');
  }
  compute.fleets.modify(fleet, {
    target: target ?? fleet.target,
    keepsSurplus: policy === undefined ? fleet.keepsSurplus : policy === 'noTermination',
  });
  return { return: true };
};
