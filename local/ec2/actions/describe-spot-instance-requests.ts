import type { InstanceView } from '../../instances/instance.js';
import type { Action } from '../action.js';
import { Ec2Error } from '../errors.js';
import { applyFilters, type Filterable } from '../filters.js';
import { page } from '../paging.js';
import type { XmlRecord } from '../xml.js';

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-request-status.html */
function statusCode({ stateReason, takenAtMs }: InstanceView): string {
  if (stateReason === 'Server.SpotInstanceTermination') return 'instance-terminated-no-capacity';
  if (stateReason === 'Server.InternalError') return 'bad-parameters';
  if (stateReason !== undefined) return 'instance-terminated-by-user';
  return takenAtMs === undefined ? 'fulfilled' : 'marked-for-termination';
}

const requestState = ({ stateReason }: InstanceView): string => (stateReason === undefined ? 'active' : 'closed');

const filterable: Filterable<InstanceView> = {
  fields: {
    'spot-instance-request-id': (instance) => [instance.spotRequestId],
    'instance-id': (instance) => [instance.id],
    state: (instance) => [requestState(instance)],
    'status-code': (instance) => [statusCode(instance)],
    'launched-availability-zone': (instance) => [instance.spec.zone],
    type: () => ['one-time'],
  },
  tags: () => new Map(),
};

/**
 * Describes the requests of fleets. Each has its instance from the start: a launch that waits for capacity has no
 * request here.
 */
export const describeSpotInstanceRequests: Action = (query, { visible }) => {
  const all = visible.instances();
  const ids = query.strings('SpotInstanceRequestId');
  for (const id of ids) {
    if (all.some((instance) => instance.spotRequestId === id)) continue;
    throw new Ec2Error('InvalidSpotInstanceRequestID.NotFound', `The spot instance request ID '${id}' does not exist`);
  }
  const chosen = all.filter((instance) => ids.length === 0 || ids.includes(instance.spotRequestId));
  const found = applyFilters(chosen, query, filterable);
  const { items, nextToken } = page(found, query, (instance) => instance.sequence, { min: 5, max: 1000 });
  return { spotInstanceRequestSet: items.map(answer), nextToken };
};

function answer(instance: InstanceView): XmlRecord {
  const { spec } = instance;
  const code = statusCode(instance);
  return {
    spotInstanceRequestId: instance.spotRequestId,
    type: 'one-time',
    state: requestState(instance),
    status: {
      code,
      message: code,
      updateTime: new Date(instance.terminatedAtMs ?? instance.launchedAtMs),
    },
    instanceId: instance.id,
    createTime: new Date(instance.launchedAtMs),
    productDescription: 'Linux/UNIX',
    instanceInterruptionBehavior: 'terminate',
    launchedAvailabilityZone: spec.zone,
    launchSpecification: { imageId: spec.imageId, instanceType: spec.instanceType },
    tagSet: [],
  };
}
