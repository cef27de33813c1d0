import { ACCOUNT_ID } from '../../imds/documents.js';
import { zoneId } from '../../market/instance-types.js';
import type { Action } from '../action.js';
import { applyFilters } from '../filters.js';
import { chosen, subnets, VPC } from '../network.js';
import { page } from '../paging.js';

/** A /20 network has this many addresses without the five that AWS reserves. */
const ADDRESSES = 4091;

export const describeSubnets: Action = (query, { region }) => {
  const named = chosen(subnets, query.strings('SubnetId'), { code: 'InvalidSubnetID.NotFound', what: 'subnet ID' });
  const found = applyFilters(named, query, {
    fields: {
      'subnet-id': ({ id }) => [id],
      'vpc-id': () => [VPC.id],
      'availability-zone': ({ zone }) => [zone],
      'availability-zone-id': ({ zone }) => [zoneId(zone)],
      'default-for-az': () => ['true'],
      'map-public-ip-on-launch': () => ['true'],
      'cidr-block': ({ cidr }) => [cidr],
      state: () => ['available'],
      'owner-id': () => [ACCOUNT_ID],
    },
    tags: () => new Map(),
  });
  const { items, nextToken } = page(found, query, (_, index) => index, { min: 5, max: 1000 });
  return {
    subnetSet: items.map(({ id, zone, cidr }) => ({
      subnetId: id,
      subnetArn: `arn:aws:ec2:${region}:${ACCOUNT_ID}:subnet/${id}`,
      state: 'available',
      vpcId: VPC.id,
      cidrBlock: cidr,
      availableIpAddressCount: ADDRESSES,
      availabilityZone: zone,
      availabilityZoneId: zoneId(zone),
      defaultForAz: true,
      mapPublicIpOnLaunch: true,
      ownerId: ACCOUNT_ID,
      tagSet: [],
    })),
    nextToken,
  };
};
