/** What a fleet is. Both APIs (EC2 Fleet `fleet-…`, Spot Fleet `sfr-…`) show the same thing in their own words. */
import type { AllocationStrategy } from '../../market/allocation.js';
import type { LaunchRequest } from '../../market/market.js';
import type { FleetTemplate } from './config.js';
import type { FleetKind } from './kind.js';

/** `ended`: deleted, and no instance of it is left. */
export type FleetStatus = 'submitted' | 'active' | 'modifying' | 'ending-running' | 'ending-terminating' | 'ended';

export interface FleetEvent {
  /** Order within the fleet: what pages go by. */
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
  /** The request's parameters: the same token with others is a mistake. */
  readonly fingerprint: string;
  readonly target: number;
  readonly keepsSurplus: boolean;
  readonly strategy: AllocationStrategy;
  readonly templates: readonly FleetTemplate[];
  readonly tags: ReadonlyMap<string, string>;
  readonly replaceUnhealthyInstances: boolean;
  readonly terminateWithExpiration: boolean;
  /** Spot Fleet only: shown, and otherwise nothing. */
  readonly iamFleetRole?: string;
}

export interface Fleet {
  readonly id: string;
  /** Order of creation: what pages go by. */
  readonly sequence: number;
  readonly config: FleetConfig;
  readonly createdAtMs: number;
  readonly tags: Map<string, string>;
  status: FleetStatus;
  /** What describe shows: while `modifying`, the old one. */
  target: number;
  keepsSurplus: boolean;
  openRequests: LaunchRequest[];
  /** Rounds of launches in a row of which none has run. */
  failedRounds: number;
  /** After a launch that failed: nothing is launched for a while. */
  isHeldBack: boolean;
  /** Launches so far: whose turn it is among the preferred pools. */
  launches: number;
  /** How many events there have been: the oldest may be forgotten. */
  eventCount: number;
  readonly events: FleetEvent[];
}

export const isEnding = (fleet: Fleet): boolean =>
  fleet.status === 'ending-running' || fleet.status === 'ending-terminating' || fleet.status === 'ended';
