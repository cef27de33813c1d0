import type { Action } from '../action.js';
import { notServed } from '../errors.js';
import { allocationStrategy, ec2Target, keepsSurplus, refuseUnservedModes } from '../fleet/capacity.js';
import { refuse } from '../fleet/refuse.js';
import { readTemplates } from '../fleet/config.js';
import { readTagSpecifications } from '../tags.js';

const REFUSED_OPTIONS = [
  'MaintenanceStrategies',
  'InstancePoolsToUseCount',
  'SingleInstanceType',
  'SingleAvailabilityZone',
  'MinTargetCapacity',
  'MaxTotalPrice',
];

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFleet.html */
export const createFleet: Action = (query, compute) => {
  const type = query.oneOf('Type', ['maintain', 'request', 'instant']) ?? 'maintain';
  if (type !== 'maintain') throw notServed(`fleets of type ${type}`);
  refuse(query, ['ValidFrom', 'ValidUntil', 'ReservedCapacityOptions'], 'fleets with');
  const spot = query.child('SpotOptions');
  refuse(spot, REFUSED_OPTIONS, 'fleets with SpotOptions');
  spot.only(['AllocationStrategy', 'InstanceInterruptionBehavior']);
  refuseUnservedModes(spot);
  // The on-demand capacity is always 0, so its strategy has no effect.
  query.child('OnDemandOptions').only(['AllocationStrategy']);
  const fleet = compute.fleets.create({
    kind: 'ec2',
    clientToken: query.string('ClientToken'),
    fingerprint: query.canonical(['ClientToken']),
    target: ec2Target(query, { isNew: true }) ?? 0,
    keepsSurplus: keepsSurplus(query, 'ec2') ?? false,
    strategy: allocationStrategy(spot, 'ec2'),
    templates: readTemplates(query, compute),
    tags: readTagSpecifications(query, 'fleet'),
    replaceUnhealthyInstances: query.boolean('ReplaceUnhealthyInstances') ?? false,
    terminateWithExpiration: query.boolean('TerminateInstancesWithExpiration') ?? false,
  });
  return { fleetId: fleet.id };
};
