/** The API that created a fleet: EC2 Fleet (`fleet-…`) or Spot Fleet (`sfr-…`). */
export type FleetKind = 'ec2' | 'spot';
