import { type InstanceView, STATE_CODES } from '../../instances/instance.js';
import { ACCOUNT_ID } from '../../imds/documents.js';
import { instanceTypeNamed, zoneId } from '../../market/instance-types.js';
import type { Action } from '../action.js';
import { applyFilters, type Filterable } from '../filters.js';
import { describedInstances, instanceAnswer, refuseIdsWithPages } from '../instance-answers.js';
import { DEFAULT_GROUP, subnetOfZone, VPC } from '../network.js';
import { page } from '../paging.js';

/** Each instance is launched alone, so each has a reservation of its own. */
const reservationOf = (instance: InstanceView): string => instance.id.replace(/^i-/, 'r-');

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
    'reservation-id': (instance) => [reservationOf(instance)],
    'owner-id': () => [ACCOUNT_ID],
    architecture: (instance) => [instanceTypeNamed(instance.spec.instanceType)?.architecture ?? ''],
    'availability-zone-id': (instance) => [zoneId(instance.spec.zone)],
    'vpc-id': () => [VPC.id],
    'subnet-id': (instance) => [subnetOfZone(instance.spec.zone)?.id ?? ''],
    'instance.group-id': () => [DEFAULT_GROUP.id],
    'instance.group-name': () => [DEFAULT_GROUP.name],
    'private-ip-address': () => ['127.0.0.1'],
    'iam-instance-profile.arn': ({ spec }) =>
      spec.instanceProfile?.startsWith('arn:') === true ? [spec.instanceProfile] : [],
    'launch-time': (instance) => [new Date(instance.launchedAtMs).toISOString()],
    tenancy: () => ['default'],
    'state-reason-code': (instance) => [instance.stateReason ?? ''],
  },
  tags: (instance) => instance.tags,
};

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html */
const PAGE_LIMITS = { min: 5, max: 1000 };

export const describeInstances: Action = (query, compute) => {
  refuseIdsWithPages(query);
  const found = applyFilters(describedInstances(compute, query.strings('InstanceId')), query, filterable);
  const { items, nextToken } = page(found, query, (instance) => instance.sequence, PAGE_LIMITS);
  return {
    reservationSet: items.map((instance) => ({
      reservationId: reservationOf(instance),
      ownerId: ACCOUNT_ID,
      instancesSet: [instanceAnswer(instance)],
    })),
    nextToken,
  };
};
