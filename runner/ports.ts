/** The runner's ports to AWS. `aws/` implements them. */
import type { SpotQuotaName } from '../core/contract/spot-quotas.js';
import type { Answer } from '../core/notify/delivery.js';
import type { QueueCounts } from '../core/pool/quiet.js';

export type { ListedObject, ObjectStore } from '../core/contract/object-store.js';
export type { ModelProbe } from '../core/probe/probe.js';
export type { QueueCounts };

export interface JobQueue {
  /** Sends all messages in calls of ten and retries failed entries. Throws when an entry cannot be sent. `group` is the job (fair queues). */
  send(bodies: readonly string[], group: string, signal: AbortSignal): Promise<void>;
  /** The counts are approximate, and may be wrong for minutes (R5). */
  counts(signal: AbortSignal): Promise<QueueCounts>;
}

export interface FleetInstance {
  readonly instance: string;
  readonly state: 'pending' | 'running' | 'shutting-down' | 'terminated' | 'stopping' | 'stopped';
  readonly instanceType: string;
  readonly zone: string;
  readonly launchedAtMs: number;
  /** True when AWS took the instance: its state reason is `Server.SpotInstanceTermination` or the like. */
  readonly reclaimed: boolean;
}

export interface FleetDescription {
  readonly target: number;
  readonly fulfilled: number;
  /** While the state is `modifying`, the target may be the old one, and another change may be refused. */
  readonly state: 'active' | 'modifying' | 'submitted' | 'deleted' | 'failed';
  /** All instances, including terminated ones for as long as EC2 shows them. */
  readonly instances: readonly FleetInstance[];
  /** Present when the fleet in the stack's configuration is gone, and another fleet has the stack's tag. */
  readonly insteadOf?: { readonly named: string; readonly found: string };
}

/** `busy` means that the fleet is being modified. Describe it and try again. */
export type SetTargetResult = 'accepted' | 'busy';

export interface Fleet {
  describe(signal: AbortSignal): Promise<FleetDescription>;
  /** Sets the target always with no-termination, so that lowering it never ends an instance (R6). */
  setTarget(target: number, signal: AbortSignal): Promise<SetTargetResult>;
}

/** The instances with the stack's tag, from any fleet. Only a teardown terminates them. */
export interface PoolInstances {
  /** Lists all instances, including terminated ones for as long as EC2 shows them. */
  list(signal: AbortSignal): Promise<readonly FleetInstance[]>;
  /** Terminates instances. An instance that is gone already is no error. */
  terminate(instances: readonly string[], signal: AbortSignal): Promise<void>;
}

/** `busy`: a deployment is running. `stuck`: a deletion failed. */
export interface StackStanding {
  readonly state: 'there' | 'busy' | 'deleting' | 'deleted' | 'stuck';
  /** True when termination protection is on. Then the stack cannot be deleted. */
  readonly isProtected: boolean;
  /** CloudFormation's reason why the stack is stuck. */
  readonly reason?: string;
}

/** The CloudFormation stack that holds the pool, and nothing else. */
export interface DeployedStack {
  readonly id: string;
  describe(signal: AbortSignal): Promise<StackStanding>;

  template(signal: AbortSignal): Promise<string>;
  /** Starts the deletion. Resolves before the stack is deleted. */
  delete(signal: AbortSignal): Promise<void>;
}

/** R9: sets the fleet's target to 0 when no controller has postponed it for a while. The stack's schedule implements it. */
export interface DeadManSwitch {
  /** A controller whose fleet is up postpones the switch at least this often. */
  readonly pushOutEveryMs: number;
  /** Arms or postpones the switch. Rejects when the switch is not armed afterwards; then the target must not be raised. */
  arm(signal: AbortSignal): Promise<void>;
  /** Removes the switch, if there is one. */
  disarm(signal: AbortSignal): Promise<void>;
}

export interface Notice {
  readonly subject: string;
  readonly text: string;
}

/** Sends notifications to the subscribers of the stack's topic. */
export interface Notifier {
  notify(notice: Notice, signal: AbortSignal): Promise<void>;
}

/** Posts to addresses of the user. Its answers hold nothing of the address, which is a secret. */
export interface WebPoster {
  /** Makes one try, of bounded time, and follows no redirect. Rejects only when `signal` is aborted. */
  post(request: PostRequest, signal: AbortSignal): Promise<Answer>;
}

export interface PostRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Reads texts of AWS Secrets Manager. */
export interface SecretTexts {
  /** Rejects with a reason that holds nothing of the secret. */
  read(arn: string, signal: AbortSignal): Promise<string>;
}

/** The stack's own controller function. */
export interface StackController {
  /** Invokes the controller now, so that it does not wait for the next minute. Resolves before the controller has run. */
  wake(signal: AbortSignal): Promise<void>;
}

/** Deletes objects of the stack's bucket. Only `rm` does. */
export interface ObjectRemoval {
  /** Deletes the objects. A key without an object is no error. Throws when an object is still there. */
  remove(keys: readonly string[], signal: AbortSignal): Promise<void>;
}

export interface SpotPrices {
  /** The latest Spot price in dollars an hour, or that of a time in the last 90 days. Undefined when the pool has no price. */
  spotDollarsPerHour(
    pool: { readonly instanceType: string; readonly zone: string },
    signal: AbortSignal,
    atMs?: number,
  ): Promise<number | undefined>;
}

/** The account's Spot quotas in the stack's region. */
export interface SpotQuota {
  /** The number of vCPUs that may run. Undefined when the account has no such quota. */
  vcpus(quota: SpotQuotaName, signal: AbortSignal): Promise<number | undefined>;
}

export interface Clock {
  nowMs(): number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}
