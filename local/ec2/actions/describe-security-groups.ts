import { ACCOUNT_ID } from '../../imds/documents.js';
import type { Action } from '../action.js';
import { Ec2Error } from '../errors.js';
import { applyFilters } from '../filters.js';
import { chosen, DEFAULT_GROUP, VPC } from '../network.js';

/** The default group allows all traffic between its members, and all outbound traffic. */
export const describeSecurityGroups: Action = (query, { region }) => {
  const named = chosen([DEFAULT_GROUP], query.strings('GroupId'), {
    code: 'InvalidGroup.NotFound',
    what: 'security group',
  });
  for (const name of query.strings('GroupName')) {
    if (name === DEFAULT_GROUP.name) continue;
    throw new Ec2Error('InvalidGroup.NotFound', `The security group '${name}' does not exist`);
  }
  const found = applyFilters(named, query, {
    fields: {
      'group-id': ({ id }) => [id],
      'group-name': ({ name }) => [name],
      description: ({ about }) => [about],
      'vpc-id': () => [VPC.id],
      'owner-id': () => [ACCOUNT_ID],
    },
    tags: () => new Map(),
  });
  return {
    securityGroupInfo: found.map(({ id, name, about }) => ({
      groupId: id,
      groupName: name,
      groupDescription: about,
      securityGroupArn: `arn:aws:ec2:${region}:${ACCOUNT_ID}:security-group/${id}`,
      vpcId: VPC.id,
      ownerId: ACCOUNT_ID,
      ipPermissions: [{ ipProtocol: '-1', groups: [{ userId: ACCOUNT_ID, groupId: id }], ipRanges: [] }],
      ipPermissionsEgress: [{ ipProtocol: '-1', groups: [], ipRanges: [{ cidrIp: '0.0.0.0/0' }] }],
      tagSet: [],
    })),
  };
};
