import type { Action } from '../action.js';
import { missingParameter, notServed } from '../errors.js';
import { allocationStrategy, MOST_TARGET_CAPACITY, readTemplates } from '../fleet/config.js';
import { readTagSpecifications } from '../tags.js';

export const requestSpotFleet: Action = (query, compute) => {
  const config = query.child('SpotFleetRequestConfig');
  const type = config.oneOf('Type', ['maintain', 'request', 'instant']) ?? 'maintain';
  if (type !== 'maintain') throw notServed(`Spot Fleets of type ${type}`);
  for (const name of ['LaunchSpecifications', 'SpotPrice', 'ValidUntil', 'ValidFrom', 'SpotMaintenanceStrategies']) {
    if (config.has(name)) throw notServed(`Spot Fleets with ${name}`);
  }
  const range = { min: 0, max: MOST_TARGET_CAPACITY };
  const target = config.integer('TargetCapacity', range);
  if (target === undefined) throw missingParameter('SpotFleetRequestConfig.TargetCapacity');
  if ((config.integer('OnDemandTargetCapacity', range) ?? 0) > 0) throw notServed('on-demand capacity');
  const policy = config.oneOf('ExcessCapacityTerminationPolicy', ['default', 'noTermination']);
  const fleet = compute.fleets.create({
    kind: 'spot',
    clientToken: config.string('ClientToken'),
    target,
    keepsSurplus: policy === 'noTermination',
    strategy: allocationStrategy(config.string('AllocationStrategy')),
    templates: readTemplates(config, compute.templates),
    tags: readTagSpecifications(config, 'spot-fleet-request'),
    replaceUnhealthyInstances: config.boolean('ReplaceUnhealthyInstances') ?? false,
    terminateWithExpiration: config.boolean('TerminateInstancesWithExpiration') ?? false,
    iamFleetRole: config.required('IamFleetRole'),
  });
  return { spotFleetRequestId: fleet.id };
};
