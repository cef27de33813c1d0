import type { Action } from '../action.js';
import { Ec2Error, missingParameter, notServed } from '../errors.js';
import { allocationStrategy, MOST_TARGET_CAPACITY, readTemplates } from '../fleet/config.js';
import { readTagSpecifications } from '../tags.js';

export const createFleet: Action = (query, compute) => {
  const type = query.oneOf('Type', ['maintain', 'request', 'instant']) ?? 'maintain';
  if (type !== 'maintain') throw notServed(`fleets of type ${type}`);
  if (query.has('ValidUntil') || query.has('ValidFrom')) throw notServed('fleets with a validity');
  if (query.child('SpotOptions').has('MaintenanceStrategies')) throw notServed('capacity rebalancing');
  const specification = query.child('TargetCapacitySpecification');
  const range = { min: 0, max: MOST_TARGET_CAPACITY };
  const target = specification.integer('TotalTargetCapacity', range);
  if (target === undefined) throw missingParameter('TargetCapacitySpecification.TotalTargetCapacity');
  const capacityType = specification.oneOf('DefaultTargetCapacityType', ['spot', 'on-demand']);
  const spot = specification.integer('SpotTargetCapacity', range) ?? 0;
  const onDemand = specification.integer('OnDemandTargetCapacity', range) ?? 0;
  if (onDemand > 0 || (capacityType === 'on-demand' && target > spot)) throw notServed('on-demand capacity');
  // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TargetCapacitySpecificationRequest.html
  if (capacityType === undefined && spot !== target) {
    throw new Ec2Error('InvalidParameterValue', 'DefaultTargetCapacityType is needed when the total is not the sum.');
  }
  const policy = query.oneOf('ExcessCapacityTerminationPolicy', ['termination', 'no-termination']) ?? 'termination';
  const fleet = compute.fleets.create({
    kind: 'ec2',
    clientToken: query.string('ClientToken'),
    target,
    keepsSurplus: policy === 'no-termination',
    strategy: allocationStrategy(query.child('SpotOptions').string('AllocationStrategy')),
    templates: readTemplates(query, compute.templates),
    tags: readTagSpecifications(query, 'fleet'),
    replaceUnhealthyInstances: query.boolean('ReplaceUnhealthyInstances') ?? false,
    terminateWithExpiration: query.boolean('TerminateInstancesWithExpiration') ?? false,
  });
  return { fleetId: fleet.id };
};
