/** The state of an instance, and EC2's codes for states and their reasons. */
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

/** The parameters that an instance is launched with. */
export interface LaunchSpec extends Pool {
  readonly imageId: string;
  readonly userData: Buffer;
  readonly tags: Readonly<Record<string, string>>;
  /** The name or ARN of the instance profile. */
  readonly instanceProfile: string | undefined;
  /** Whether the instance may read its own tags. The default is false, as on AWS. */
  readonly metadataTags: boolean;
  /** True for a template with `HttpEndpoint: disabled`: the instance cannot read its metadata. */
  readonly metadataIsOff: boolean;
  readonly fleetId: string;
}

export interface InstanceView {
  readonly id: string;
  /** The order of launch, which pages of describe calls follow. */
  readonly sequence: number;
  readonly spec: LaunchSpec;
  readonly tags: Map<string, string>;
  readonly spotRequestId: string;
  readonly directory: string;
  readonly launchedAtMs: number;
  readonly state: InstanceStateName;
  readonly stateReason: StateReasonCode | undefined;
  readonly terminatedAtMs: number | undefined;
  /** The time at which the notice says that the instance will be taken. */
  readonly takenAtMs: number | undefined;
  readonly rebalanceAtMs: number | undefined;
  /**
   * The key of the instance's role. Undefined without an instance profile, as on AWS, and once the instance is
   * gone.
   */
  readonly roleKey: AccessKey | undefined;
  readonly metadataEndpoint: string | undefined;
  readonly pid: number | undefined;
}

export const isLive = (instance: InstanceView): boolean => instance.state !== 'terminated';
/** Whether the instance counts for its fleet's capacity. */
export const isFulfilling = (instance: InstanceView): boolean =>
  instance.state === 'pending' || instance.state === 'running';
