/**
 * The requests that set a fleet's target, in both of EC2's fleet APIs. Controllers send them, and so does the dead-man's switch.
 *
 * Invariant: each names no-termination, so that lowering a target never ends an instance (R6). AWS does not document whether a fleet keeps an
 * earlier policy.
 */
import type { ModifyFleetRequest, ModifySpotFleetRequestRequest } from '@aws-sdk/client-ec2';

export const ec2FleetTarget = (fleetId: string, target: number): ModifyFleetRequest => ({
  FleetId: fleetId,
  ExcessCapacityTerminationPolicy: 'no-termination',
  TargetCapacitySpecification: { TotalTargetCapacity: target },
});

export const spotFleetTarget = (fleetId: string, target: number): ModifySpotFleetRequestRequest => ({
  SpotFleetRequestId: fleetId,
  TargetCapacity: target,
  ExcessCapacityTerminationPolicy: 'noTermination',
});
