import { ACCOUNT_ID } from '../../imds/documents.js';
import type { Action } from '../action.js';
import { applyFilters } from '../filters.js';
import { chosen, VPC } from '../network.js';

export const describeVpcs: Action = (query) => {
  const named = chosen([VPC], query.strings('VpcId'), { code: 'InvalidVpcID.NotFound', what: 'vpc ID' });
  const found = applyFilters(named, query, {
    fields: {
      'vpc-id': ({ id }) => [id],
      'is-default': () => ['true'],
      isDefault: () => ['true'],
      state: () => ['available'],
      cidr: ({ cidr }) => [cidr],
      'owner-id': () => [ACCOUNT_ID],
    },
    tags: () => new Map(),
  });
  return {
    vpcSet: found.map(({ id, cidr }) => ({
      vpcId: id,
      ownerId: ACCOUNT_ID,
      state: 'available',
      cidrBlock: cidr,
      cidrBlockAssociationSet: [
        {
          associationId: `vpc-cidr-assoc-${id.slice('vpc-'.length)}`,
          cidrBlock: cidr,
          cidrBlockState: { state: 'associated' },
        },
      ],
      dhcpOptionsId: 'dopt-00000000000000001',
      instanceTenancy: 'default',
      isDefault: true,
      tagSet: [],
    })),
  };
};
