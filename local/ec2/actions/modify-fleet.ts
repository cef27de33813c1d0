import type { Action } from '../action.js';
import { Ec2Error, missingParameter, notServed } from '../errors.js';
import { findFleet } from '../fleet/answers.js';
import { MOST_TARGET_CAPACITY } from '../fleet/config.js';

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyFleet.html */
export const modifyFleet: Action = (query, compute) => {
  const fleet = findFleet(compute, 'ec2', query.required('FleetId'));
  if (query.has('LaunchTemplateConfigs')) throw notServed('a change of LaunchTemplateConfigs');
  const policy = query.oneOf('ExcessCapacityTerminationPolicy', ['termination', 'no-termination']);
  const range = { min: 0, max: MOST_TARGET_CAPACITY };
  const specification = query.child('TargetCapacitySpecification');
  const target = specification.integer('TotalTargetCapacity', range);
  if ((specification.integer('OnDemandTargetCapacity', range) ?? 0) > 0) throw notServed('on-demand capacity');
  if (target === undefined && query.has('TargetCapacitySpecification')) {
    throw missingParameter('TargetCapacitySpecification.TotalTargetCapacity');
  }
  if (target === undefined && policy === undefined) {
    throw new Ec2Error('InvalidParameterCombination', 'No attributes specified.');
  }
  compute.fleets.modify(fleet, {
    target: target ?? fleet.target,
    keepsSurplus: policy === undefined ? fleet.keepsSurplus : policy === 'no-termination',
  });
  return { return: true };
};
