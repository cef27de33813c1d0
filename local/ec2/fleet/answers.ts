/** The parts of fleets' answers that both APIs share. */
import type { Compute } from '../compute.js';
import { Ec2Error } from '../errors.js';
import { applyFilters } from '../filters.js';
import { page } from '../paging.js';
import type { Query } from '../query.js';
import type { XmlRecord } from '../xml.js';
import type { Fleet } from './fleet.js';
import type { FleetKind } from './kind.js';

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';

interface FleetIds {
  readonly form: RegExp;
  readonly notFound: string;
  readonly malformed: string;
}

/**
 * AWS's page has the errors of Spot Fleet; those of EC2 Fleet follow them:
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
 */
const IDS: Readonly<Record<FleetKind, FleetIds>> = {
  ec2: {
    form: new RegExp(`^fleet-${UUID}$`),
    notFound: 'InvalidFleetId.NotFound',
    malformed: 'InvalidFleetId.Malformed',
  },
  spot: {
    form: new RegExp(`^sfr-${UUID}$`),
    notFound: 'InvalidSpotFleetRequestId.NotFound',
    malformed: 'InvalidSpotFleetRequestId.Malformed',
  },
};

export const isFleetId = (kind: FleetKind, id: string): boolean => IDS[kind].form.test(id);

/** `get` decides whether to find the fleet itself or the state of it that describe calls see. */
export function findFleet(get: (id: string) => Fleet | undefined, kind: FleetKind, id: string): Fleet {
  const fleet = get(id);
  if (fleet?.config.kind === kind) return fleet;
  const { notFound, malformed } = IDS[kind];
  if (!isFleetId(kind, id)) throw new Ec2Error(malformed, `The fleet ID '${id}' is malformed`);
  throw new Ec2Error(notFound, `The fleet ID '${id}' does not exist`);
}

/** Returns the named fleets, or all of the kind, as describe calls see them. */
export function chosenFleets({ visible }: Compute, kind: FleetKind, ids: readonly string[]): readonly Fleet[] {
  const ofKind = visible.fleets().filter((fleet) => fleet.config.kind === kind);
  if (ids.length === 0) return ofKind;
  const byId = new Map(ofKind.map((fleet) => [fleet.id, fleet]));
  return [...new Set(ids)]
    .map((id) => findFleet((each) => byId.get(each), kind, id))
    .sort((one, other) => one.sequence - other.sequence);
}

/** Builds the answer of DescribeFleetInstances and DescribeSpotFleetInstances, without the fleet's id. */
export function activeInstances(fleet: Fleet, query: Query, { visible }: Compute): XmlRecord {
  const found = applyFilters(visible.fulfilling(fleet), query, {
    fields: { 'instance-type': (instance) => [instance.spec.instanceType] },
  });
  const { items, nextToken } = page(found, query, (instance) => instance.sequence);
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
