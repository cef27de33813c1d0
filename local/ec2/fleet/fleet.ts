/** A fleet. Both APIs (EC2 Fleet `fleet-…`, Spot Fleet `sfr-…`) show the same state in their own words. */
import type { AllocationStrategy } from '../../market/allocation.js';
import type { LaunchRequest } from '../../market/market.js';
import type { FleetTemplate } from './config.js';
import type { FleetKind } from './kind.js';

/** `ended` means that the fleet is deleted and none of its instances is left. */
export type FleetStatus = 'submitted' | 'active' | 'modifying' | 'ending-running' | 'ending-terminating' | 'ended';

export interface FleetEvent {
  /** The order within the fleet, which pages follow. */
  readonly sequence: number;
  readonly type: 'error' | 'fleet' | 'instance';
  readonly subType: string;
  readonly description?: string;
  readonly instanceId?: string;
  readonly atMs: number;
}

export interface FleetConfig {
  readonly kind: FleetKind;
  readonly clientToken: string | undefined;
  /** Identifies the request's parameters: reusing a token with other parameters is an error. */
  readonly fingerprint: string;
  readonly target: number;
  readonly keepsSurplus: boolean;
  readonly strategy: AllocationStrategy;
  readonly templates: readonly FleetTemplate[];
  readonly tags: ReadonlyMap<string, string>;
  readonly replaceUnhealthyInstances: boolean;
  readonly terminateWithExpiration: boolean;
  /** Spot Fleet only: it is shown in answers and has no effect. */
  readonly iamFleetRole?: string;
}

export interface Fleet {
  readonly id: string;
  /** The order of creation, which pages follow. */
  readonly sequence: number;
  readonly config: FleetConfig;
  readonly createdAtMs: number;
  readonly tags: Map<string, string>;
  status: FleetStatus;
  /** The target that describe calls show: while `modifying`, the old one. */
  target: number;
  keepsSurplus: boolean;
  openRequests: LaunchRequest[];
  /** The number of consecutive rounds of launches that failed. */
  failedRounds: number;
  /** True after a failed launch: the fleet launches nothing until its wait is over. */
  isHeldBack: boolean;
  /** The number of launches so far; it selects the next of the preferred pools. */
  launches: number;
  /** The number of events so far, including old ones that are forgotten. */
  eventCount: number;
  readonly events: FleetEvent[];
}

export const isEnding = (fleet: Fleet): boolean =>
  fleet.status === 'ending-running' || fleet.status === 'ending-terminating' || fleet.status === 'ended';
