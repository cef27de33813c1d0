import { type InstanceView, STATE_CODES } from '../../instances/instance.js';
import { zoneId } from '../../market/instance-types.js';
import type { Action } from '../action.js';
import { applyFilters, type Filterable } from '../filters.js';
import { describedInstances, refuseIdsWithPages, stateAnswer } from '../instance-answers.js';
import { page } from '../paging.js';
import type { XmlRecord } from '../xml.js';

/** Checks pass as soon as an instance runs; on AWS they take some minutes. */
const checkOf = ({ state }: InstanceView): string => (state === 'running' ? 'ok' : 'not-applicable');

const filterable: Filterable<InstanceView> = {
  fields: {
    'instance-state-name': (instance) => [instance.state],
    'instance-state-code': (instance) => [String(STATE_CODES[instance.state])],
    'availability-zone': (instance) => [instance.spec.zone],
    'availability-zone-id': (instance) => [zoneId(instance.spec.zone)],
    'instance-status.status': (instance) => [checkOf(instance)],
    'instance-status.reachability': (instance) => (instance.state === 'running' ? ['passed'] : []),
    'system-status.status': (instance) => [checkOf(instance)],
    'system-status.reachability': (instance) => (instance.state === 'running' ? ['passed'] : []),
  },
};

/**
 * Describes running instances only, unless the request asks for all:
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceStatus.html
 */
export const describeInstanceStatus: Action = (query, compute) => {
  refuseIdsWithPages(query);
  const all = query.boolean('IncludeAllInstances') ?? false;
  const chosen = describedInstances(compute, query.strings('InstanceId'));
  const shown = chosen.filter((instance) => all || instance.state === 'running');
  const found = applyFilters(shown, query, filterable);
  const { items, nextToken } = page(found, query, (instance) => instance.sequence, { min: 5, max: 1000 });
  return { instanceStatusSet: items.map(answer), nextToken };
};

function answer(instance: InstanceView): XmlRecord {
  const passed = instance.state === 'running' ? [{ name: 'reachability', status: 'passed' }] : undefined;
  const check = { status: checkOf(instance), details: passed };
  return {
    instanceId: instance.id,
    availabilityZone: instance.spec.zone,
    availabilityZoneId: zoneId(instance.spec.zone),
    instanceState: stateAnswer(instance.state),
    instanceStatus: check,
    systemStatus: check,
  };
}
