import { ACCOUNT_ID } from '../../imds/documents.js';
import type { Action } from '../action.js';
import { applyFilters } from '../filters.js';
import { chosen, INTERNET_GATEWAY_ID, MAIN_ROUTE_TABLE, VPC } from '../network.js';

/** There is one table, the main one, with a route to the internet: its subnets are public. */
export const describeRouteTables: Action = (query) => {
  const named = chosen([MAIN_ROUTE_TABLE], query.strings('RouteTableId'), {
    code: 'InvalidRouteTableID.NotFound',
    what: 'routeTable ID',
  });
  const found = applyFilters(named, query, {
    fields: {
      'route-table-id': ({ id }) => [id],
      'vpc-id': () => [VPC.id],
      'association.main': () => ['true'],
      'association.subnet-id': () => [],
    },
    tags: () => new Map(),
  });
  const active = { origin: 'CreateRoute', state: 'active' };
  return {
    routeTableSet: found.map(({ id, association }) => ({
      routeTableId: id,
      vpcId: VPC.id,
      ownerId: ACCOUNT_ID,
      associationSet: [
        {
          routeTableAssociationId: association,
          routeTableId: id,
          main: true,
          associationState: { state: 'associated' },
        },
      ],
      routeSet: [
        { destinationCidrBlock: VPC.cidr, gatewayId: 'local', origin: 'CreateRouteTable', state: 'active' },
        { destinationCidrBlock: '0.0.0.0/0', gatewayId: INTERNET_GATEWAY_ID, ...active },
      ],
      propagatingVgwSet: [],
      tagSet: [],
    })),
  };
};
