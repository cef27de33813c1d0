import { type InstanceView, STATE_CODES } from '../../instances/instance.js';
import { ACCOUNT_ID } from '../../imds/documents.js';
import type { Action } from '../action.js';
import { Ec2Error } from '../errors.js';
import { applyFilters, type Filterable } from '../filters.js';
import { chosenInstances, instanceAnswer } from '../instance-answers.js';
import { page } from '../paging.js';

const filterable: Filterable<InstanceView> = {
  fields: {
    'instance-state-name': (instance) => [instance.state],
    'instance-state-code': (instance) => [String(STATE_CODES[instance.state])],
    'instance-id': (instance) => [instance.id],
    'instance-type': (instance) => [instance.spec.instanceType],
    'availability-zone': (instance) => [instance.spec.zone],
    'instance-lifecycle': () => ['spot'],
    'image-id': (instance) => [instance.spec.imageId],
    'spot-instance-request-id': (instance) => [instance.spotRequestId],
    'state-reason-code': (instance) => [instance.stateReason ?? ''],
  },
  tags: (instance) => instance.tags,
};

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html */
const PAGE_LIMITS = { min: 5, max: 1000 };

export const describeInstances: Action = (query, { instances }) => {
  const ids = query.strings('InstanceId');
  if (ids.length > 0 && query.has('MaxResults')) {
    throw new Ec2Error(
      'InvalidParameterCombination',
      'The parameter instancesSet cannot be used with the parameter maxResults',
    );
  }
  const found = applyFilters(ids.length > 0 ? chosenInstances(instances, ids) : instances.all(), query, filterable);
  const bySequence = [...found].sort((one, other) => one.sequence - other.sequence);
  const { items, nextToken } = page(bySequence, query, (instance) => instance.sequence, PAGE_LIMITS);
  return {
    reservationSet: items.map((instance) => ({
      reservationId: instance.id.replace(/^i-/, 'r-'),
      ownerId: ACCOUNT_ID,
      instancesSet: [instanceAnswer(instance)],
    })),
    nextToken,
  };
};
