/**
 * The default VPC that every account has, with a public subnet in every zone. It exists for lookups (CDK's
 * `Vpc.fromLookup`, the CLI) and for fleets that name subnets; no packet ever goes through it.
 */
import { ZONES } from '../market/instance-types.js';
import { Ec2Error } from './errors.js';

export interface Subnet {
  readonly id: string;
  readonly zone: string;
  readonly cidr: string;
}

export const VPC = { id: 'vpc-00000000000000001', cidr: '172.31.0.0/16' } as const;
export const MAIN_ROUTE_TABLE = { id: 'rtb-00000000000000001', association: 'rtbassoc-00000000000000001' } as const;
export const INTERNET_GATEWAY_ID = 'igw-00000000000000001';
export const DEFAULT_GROUP = {
  id: 'sg-00000000000000001',
  name: 'default',
  about: 'default VPC security group',
} as const;

/** The zones have consecutive /20 networks. */
export const subnets: readonly Subnet[] = ZONES.map((zone, index) => ({
  id: `subnet-${String(index + 1).padStart(17, '0')}`,
  zone,
  cidr: `172.31.${index * 16}.0/20`,
}));

export const subnetOfZone = (zone: string): Subnet | undefined => subnets.find((subnet) => subnet.zone === zone);

export function zoneOfSubnet(id: string): string {
  const subnet = subnets.find((candidate) => candidate.id === id);
  if (subnet !== undefined) return subnet.zone;
  throw new Ec2Error('InvalidSubnetID.NotFound', `The subnet ID '${id}' does not exist`);
}

/** Returns the named items, or all; a missing one fails the call. */
export function chosen<Item extends { readonly id: string }>(
  all: readonly Item[],
  ids: readonly string[],
  notFound: { readonly code: string; readonly what: string },
): readonly Item[] {
  for (const id of ids) {
    if (all.some((item) => item.id === id)) continue;
    throw new Ec2Error(notFound.code, `The ${notFound.what} '${id}' does not exist`);
  }
  return ids.length === 0 ? all : all.filter((item) => ids.includes(item.id));
}
