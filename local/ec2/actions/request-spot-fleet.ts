import type { Action } from '../action.js';
import { missingParameter, notServed } from '../errors.js';
import { allocationStrategy, keepsSurplus, refuseUnservedModes, spotTarget } from '../fleet/capacity.js';
import { refuse } from '../fleet/refuse.js';
import { readTemplates } from '../fleet/config.js';
import { readTagSpecifications } from '../tags.js';

const REFUSED = [
  'LaunchSpecifications',
  'SpotPrice',
  'ValidFrom',
  'ValidUntil',
  'SpotMaintenanceStrategies',
  'SpotMaxTotalPrice',
  'OnDemandMaxTotalPrice',
  'LoadBalancersConfig',
  'InstancePoolsToUseCount',
];
const NAMES = [
  'Type',
  'ClientToken',
  'IamFleetRole',
  'TargetCapacity',
  'OnDemandTargetCapacity',
  'OnDemandAllocationStrategy',
  'AllocationStrategy',
  'ExcessCapacityTerminationPolicy',
  'LaunchTemplateConfigs',
  'TagSpecification',
  'ReplaceUnhealthyInstances',
  'TerminateInstancesWithExpiration',
  'InstanceInterruptionBehavior',
  'TargetCapacityUnitType',
  'Context',
];

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RequestSpotFleet.html */
export const requestSpotFleet: Action = (query, compute) => {
  const config = query.child('SpotFleetRequestConfig');
  const type = config.oneOf('Type', ['maintain', 'request', 'instant']) ?? 'maintain';
  if (type !== 'maintain') throw notServed(`Spot Fleets of type ${type}`);
  refuse(config, REFUSED, 'Spot Fleets with');
  config.only(NAMES);
  refuseUnservedModes(config);
  const target = spotTarget(config);
  if (target === undefined) throw missingParameter('SpotFleetRequestConfig.TargetCapacity');
  const fleet = compute.fleets.create({
    kind: 'spot',
    clientToken: config.string('ClientToken'),
    fingerprint: query.canonical(['ClientToken']),
    target,
    keepsSurplus: keepsSurplus(config, 'spot') ?? false,
    strategy: allocationStrategy(config, 'spot'),
    templates: readTemplates(config, compute),
    tags: readTagSpecifications(config, 'spot-fleet-request'),
    replaceUnhealthyInstances: config.boolean('ReplaceUnhealthyInstances') ?? false,
    terminateWithExpiration: config.boolean('TerminateInstancesWithExpiration') ?? false,
    iamFleetRole: config.required('IamFleetRole'),
  });
  return { spotFleetRequestId: fleet.id };
};
