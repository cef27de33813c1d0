import type { Action } from '../action.js';
import { Ec2Error } from '../errors.js';
import { findFleet } from '../fleet/answers.js';
import { keepsSurplus, spotTarget } from '../fleet/capacity.js';
import { refuse } from '../fleet/refuse.js';

/**
 * Settings that the request leaves out stay.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySpotFleetRequest.html
 */
export const modifySpotFleetRequest: Action = (query, { fleets }) => {
  const fleet = findFleet((id) => fleets.get(id), 'spot', query.required('SpotFleetRequestId'));
  refuse(query, ['LaunchTemplateConfig', 'LaunchTemplateConfigs'], 'a change of');
  const target = spotTarget(query);
  const keeps = keepsSurplus(query, 'spot');
  if (target === undefined && keeps === undefined) {
    throw new Ec2Error('InvalidParameterCombination', 'No attributes specified.');
  }
  fleets.modify(fleet, { target: target ?? fleet.target, keepsSurplus: keeps ?? fleet.keepsSurplus });
  return { return: true };
};
