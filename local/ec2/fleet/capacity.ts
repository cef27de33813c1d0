/**
 * The capacity and strategy parameters that both fleet APIs share. Values that the local cloud does not implement
 * are refused, never ignored.
 */
import type { AllocationStrategy } from '../../market/allocation.js';
import { Ec2Error, missingParameter, notServed } from '../errors.js';
import type { Query } from '../query.js';
import type { FleetKind } from './kind.js';

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/fleet-quotas.html */
const TARGET_RANGE = { min: 0, max: 10_000 };

/** Maps the Spot Fleet's spelling to the EC2 Fleet's. */
const STRATEGIES: Readonly<Record<string, AllocationStrategy>> = {
  lowestPrice: 'lowest-price',
  diversified: 'diversified',
  capacityOptimized: 'capacity-optimized',
  capacityOptimizedPrioritized: 'capacity-optimized-prioritized',
  priceCapacityOptimized: 'price-capacity-optimized',
};

/** Returns the requested strategy; the default is the cheapest pool, as on AWS. */
export function allocationStrategy(query: Query, kind: FleetKind): AllocationStrategy {
  if (kind === 'ec2') return query.oneOf('AllocationStrategy', Object.values(STRATEGIES)) ?? 'lowest-price';
  const text = query.oneOf('AllocationStrategy', Object.keys(STRATEGIES));
  return (text === undefined ? undefined : STRATEGIES[text]) ?? 'lowest-price';
}

export const spotFleetSpelling = (strategy: AllocationStrategy): string | undefined =>
  Object.entries(STRATEGIES).find(([, dashed]) => dashed === strategy)?.[0];

/** Names of the termination policies: the first ends surplus instances, the second keeps them. */
export const POLICIES = { ec2: ['termination', 'no-termination'], spot: ['default', 'noTermination'] } as const;

/** Returns undefined if the request does not name a policy. */
export function keepsSurplus(query: Query, kind: FleetKind): boolean | undefined {
  const [ends, keeps] = POLICIES[kind];
  const policy = query.oneOf('ExcessCapacityTerminationPolicy', [ends, keeps]);
  return policy === undefined ? undefined : policy === keeps;
}

/** Refuses fleets whose instances survive an interruption, and units other than whole instances. */
export function refuseUnservedModes(query: Query): void {
  const behaviour = query.oneOf('InstanceInterruptionBehavior', ['terminate', 'stop', 'hibernate']) ?? 'terminate';
  if (behaviour !== 'terminate') throw notServed(`InstanceInterruptionBehavior ${behaviour}`);
  const unit = query.oneOf('TargetCapacityUnitType', ['units', 'vcpu', 'memory-mib']) ?? 'units';
  if (unit !== 'units') throw notServed(`TargetCapacityUnitType ${unit}`);
}

/** Reads a Spot Fleet's target capacity. */
export function spotTarget(query: Query): number | undefined {
  const target = query.integer('TargetCapacity', TARGET_RANGE);
  if ((query.integer('OnDemandTargetCapacity', TARGET_RANGE) ?? 0) > 0) throw notServed('on-demand capacity');
  return target;
}

/**
 * Reads an EC2 Fleet's target capacity; undefined only if there is no specification. With `isNew`, fields that only
 * a creation needs are required.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TargetCapacitySpecificationRequest.html
 */
export function ec2Target(query: Query, { isNew }: { readonly isNew: boolean }): number | undefined {
  if (!isNew && !query.has('TargetCapacitySpecification')) return undefined;
  const specification = query
    .child('TargetCapacitySpecification')
    .only([
      'TotalTargetCapacity',
      'OnDemandTargetCapacity',
      'SpotTargetCapacity',
      'DefaultTargetCapacityType',
      'TargetCapacityUnitType',
    ]);
  refuseUnservedModes(specification);
  const total = specification.integer('TotalTargetCapacity', TARGET_RANGE);
  if (total === undefined) throw missingParameter('TargetCapacitySpecification.TotalTargetCapacity');
  const type = specification.oneOf('DefaultTargetCapacityType', ['spot', 'on-demand']);
  const spot = specification.integer('SpotTargetCapacity', TARGET_RANGE);
  const onDemand = specification.integer('OnDemandTargetCapacity', TARGET_RANGE) ?? 0;
  if (onDemand > 0 || (type === 'on-demand' && total > (spot ?? 0))) throw notServed('on-demand capacity');
  const isSplitOptional = isNew ? type !== undefined : spot === undefined;
  if (!isSplitOptional && (spot ?? 0) !== total) {
    throw new Ec2Error(
      'InvalidParameterValue',
      'Give DefaultTargetCapacityType, or SpotTargetCapacity and OnDemandTargetCapacity that sum to TotalTargetCapacity.',
    );
  }
  return total;
}
