import type { Action } from '../action.js';
import { Ec2Error } from '../errors.js';
import { findFleet } from '../fleet/answers.js';
import { ec2Target, keepsSurplus } from '../fleet/capacity.js';
import { refuse } from '../fleet/refuse.js';

/**
 * Settings that the request leaves out stay.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyFleet.html
 */
export const modifyFleet: Action = (query, { fleets }) => {
  const fleet = findFleet((id) => fleets.get(id), 'ec2', query.required('FleetId'));
  refuse(query, ['LaunchTemplateConfigs'], 'a change of');
  const target = ec2Target(query, { isNew: false });
  const keeps = keepsSurplus(query, 'ec2');
  if (target === undefined && keeps === undefined) {
    throw new Ec2Error('InvalidParameterCombination', 'No attributes specified.');
  }
  fleets.modify(fleet, { target: target ?? fleet.target, keepsSurplus: keeps ?? fleet.keepsSurplus });
  return { return: true };
};
