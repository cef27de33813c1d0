/** What an instance is, and the codes that EC2 has for its states and their reasons. */
import type { AccessKey } from '../http/credentials.js';
import type { Pool } from '../market/pools.js';

export type InstanceStateName = 'pending' | 'running' | 'shutting-down' | 'terminated';

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceState.html */
export const STATE_CODES: Readonly<Record<InstanceStateName, number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
};

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StateReason.html */
export const STATE_REASONS = {
  'Client.InstanceInitiatedShutdown': 'Instance initiated shutdown',
  'Client.UserInitiatedShutdown': 'User initiated shutdown',
  'Server.SpotInstanceTermination': 'Spot instance termination',
  'Server.InternalError': 'Internal error on launch',
} as const;

export type StateReasonCode = keyof typeof STATE_REASONS;

/** What an instance is launched from. */
export interface LaunchSpec extends Pool {
  readonly imageId: string;
  readonly userData: Buffer;
  readonly tags: Readonly<Record<string, string>>;
  /** Name or ARN of the instance profile. */
  readonly instanceProfile: string | undefined;
  /** Whether the instance may read its own tags: off unless the template says so, as on AWS. */
  readonly metadataTags: boolean;
  /** `HttpEndpoint: disabled` of the template: the instance can read nothing about itself. */
  readonly metadataIsOff: boolean;
  readonly fleetId: string;
}

export interface InstanceView {
  readonly id: string;
  /** Order of launch: what pages go by. */
  readonly sequence: number;
  readonly spec: LaunchSpec;
  readonly tags: Map<string, string>;
  readonly spotRequestId: string;
  readonly directory: string;
  readonly launchedAtMs: number;
  readonly state: InstanceStateName;
  readonly stateReason: StateReasonCode | undefined;
  readonly terminatedAtMs: number | undefined;
  /** When the notice says that it is taken. */
  readonly takenAtMs: number | undefined;
  readonly rebalanceAtMs: number | undefined;
  /** Of its role: undefined without an instance profile, as on AWS, and once it is gone. */
  readonly roleKey: AccessKey | undefined;
  readonly metadataEndpoint: string | undefined;
  readonly pid: number | undefined;
}

export const isLive = (instance: InstanceView): boolean => instance.state !== 'terminated';
/** Counts for its fleet's capacity. */
export const isFulfilling = (instance: InstanceView): boolean =>
  instance.state === 'pending' || instance.state === 'running';
