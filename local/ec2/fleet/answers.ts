/** What both APIs show of a fleet, each in its own words. */
import { page } from '../paging.js';
import type { Compute } from '../compute.js';
import { Ec2Error } from '../errors.js';
import type { Query } from '../query.js';
import type { XmlRecord } from '../xml.js';
import type { Fleet, FleetKind, FleetStatus } from './fleet.js';

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_FleetData.html */
export const EC2_FLEET_STATES: Readonly<Record<FleetStatus, string>> = {
  submitted: 'submitted',
  active: 'active',
  modifying: 'modifying',
  'ending-running': 'deleted_running',
  'ending-terminating': 'deleted_terminating',
  ended: 'deleted',
};

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SpotFleetRequestConfig.html */
export const SPOT_FLEET_STATES: Readonly<Record<FleetStatus, string>> = {
  ...EC2_FLEET_STATES,
  'ending-running': 'cancelled_running',
  'ending-terminating': 'cancelled_terminating',
  ended: 'cancelled',
};

export function activityStatus(fleet: Fleet, fulfilled: number): string | undefined {
  if (fleet.status === 'ending-terminating') return 'pending_termination';
  if (fleet.status !== 'active' && fleet.status !== 'modifying') return undefined;
  return fulfilled >= fleet.target ? 'fulfilled' : 'pending_fulfillment';
}

const NOT_FOUND: Readonly<Record<FleetKind, string>> = {
  ec2: 'InvalidFleetId.NotFound',
  spot: 'InvalidSpotFleetRequestId.NotFound',
};

export function findFleet(compute: Compute, kind: FleetKind, id: string): Fleet {
  const fleet = compute.fleets.get(id);
  if (fleet?.config.kind === kind) return fleet;
  throw new Ec2Error(NOT_FOUND[kind], `The fleet ID '${id}' does not exist`);
}

/** Those that are named, or all of the kind. */
export function chosenFleets(compute: Compute, kind: FleetKind, ids: readonly string[]): readonly Fleet[] {
  if (ids.length > 0) return ids.map((id) => findFleet(compute, kind, id));
  return compute.fleets.all().filter((fleet) => fleet.config.kind === kind);
}

/** The answer of DescribeFleetInstances and DescribeSpotFleetInstances, but for the fleet's id. */
export function activeInstances(fleet: Fleet, query: Query, compute: Compute): XmlRecord {
  const { items, nextToken } = page(compute.fleets.fulfilling(fleet), query, (instance) => instance.sequence);
  return {
    activeInstanceSet: items.map((instance) => ({
      instanceId: instance.id,
      instanceType: instance.spec.instanceType,
      spotInstanceRequestId: instance.spotRequestId,
      instanceHealth: 'healthy',
    })),
    nextToken,
  };
}
