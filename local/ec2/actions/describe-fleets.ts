import type { Action } from '../action.js';
import type { Compute } from '../compute.js';
import { applyFilters } from '../filters.js';
import { chosenFleets } from '../fleet/answers.js';
import { POLICIES } from '../fleet/capacity.js';
import type { Fleet } from '../fleet/fleet.js';
import { activityStatus, stateName } from '../fleet/states.js';
import { page } from '../paging.js';
import { writeTags } from '../tags.js';
import type { XmlRecord } from '../xml.js';

export const describeFleets: Action = (query, compute) => {
  const found = applyFilters(chosenFleets(compute, 'ec2', query.strings('FleetId')), query, {
    fields: {
      'fleet-state': (fleet) => [stateName(fleet)],
      type: () => ['maintain'],
      'activity-status': (fleet) => [activityStatus(fleet, compute.visible.fulfilling(fleet).length) ?? ''],
      'excess-capacity-termination-policy': (fleet) => [policyOf(fleet)],
      'replace-unhealthy-instances': (fleet) => [String(fleet.config.replaceUnhealthyInstances)],
    },
    tags: (fleet) => fleet.tags,
  });
  const { items, nextToken } = page(found, query, (fleet) => fleet.sequence);
  return { fleetSet: items.map((fleet) => answer(fleet, compute)), nextToken };
};

const policyOf = (fleet: Fleet): string => POLICIES.ec2[fleet.keepsSurplus ? 1 : 0];

function answer(fleet: Fleet, compute: Compute): XmlRecord {
  const fulfilled = compute.visible.fulfilling(fleet).length;
  return {
    fleetId: fleet.id,
    fleetState: stateName(fleet),
    activityStatus: activityStatus(fleet, fulfilled),
    createTime: new Date(fleet.createdAtMs),
    clientToken: fleet.config.clientToken,
    type: 'maintain',
    excessCapacityTerminationPolicy: policyOf(fleet),
    fulfilledCapacity: fulfilled,
    fulfilledOnDemandCapacity: 0,
    launchTemplateConfigs: fleet.config.templates.map((template) => template.echo),
    targetCapacitySpecification: {
      totalTargetCapacity: fleet.target,
      onDemandTargetCapacity: 0,
      spotTargetCapacity: fleet.target,
      defaultTargetCapacityType: 'spot',
    },
    spotOptions: { allocationStrategy: fleet.config.strategy, instanceInterruptionBehavior: 'terminate' },
    replaceUnhealthyInstances: fleet.config.replaceUnhealthyInstances,
    terminateInstancesWithExpiration: fleet.config.terminateWithExpiration,
    tagSet: writeTags(fleet.tags),
  };
}
