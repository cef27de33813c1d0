import type { Action } from '../action.js';
import type { Compute } from '../compute.js';
import { chosenFleets } from '../fleet/answers.js';
import { POLICIES, spotFleetSpelling } from '../fleet/capacity.js';
import type { Fleet } from '../fleet/fleet.js';
import { activityStatus, stateName } from '../fleet/states.js';
import { page } from '../paging.js';
import { writeTags } from '../tags.js';
import type { XmlRecord } from '../xml.js';

export const describeSpotFleetRequests: Action = (query, compute) => {
  const found = chosenFleets(compute, 'spot', query.strings('SpotFleetRequestId'));
  const { items, nextToken } = page(found, query, (fleet) => fleet.sequence);
  return { spotFleetRequestConfigSet: items.map((fleet) => answer(fleet, compute)), nextToken };
};

function answer(fleet: Fleet, compute: Compute): XmlRecord {
  const fulfilled = compute.visible.fulfilling(fleet).length;
  return {
    spotFleetRequestId: fleet.id,
    spotFleetRequestState: stateName(fleet),
    activityStatus: activityStatus(fleet, fulfilled),
    createTime: new Date(fleet.createdAtMs),
    spotFleetRequestConfig: {
      type: 'maintain',
      clientToken: fleet.config.clientToken,
      iamFleetRole: fleet.config.iamFleetRole,
      allocationStrategy: spotFleetSpelling(fleet.config.strategy),
      excessCapacityTerminationPolicy: POLICIES.spot[fleet.keepsSurplus ? 1 : 0],
      instanceInterruptionBehavior: 'terminate',
      targetCapacity: fleet.target,
      onDemandTargetCapacity: 0,
      fulfilledCapacity: fulfilled,
      onDemandFulfilledCapacity: 0,
      launchTemplateConfigs: fleet.config.templates.map((template) => template.echo),
      replaceUnhealthyInstances: fleet.config.replaceUnhealthyInstances,
      terminateInstancesWithExpiration: fleet.config.terminateWithExpiration,
    },
    tagSet: writeTags(fleet.tags),
  };
}
