/** What the runner needs from the world; `aws/` implements it. */
import type { QueueCounts } from '../core/pool/quiet.js';

export type { ListedObject, ObjectStore } from '../core/contract/object-store.js';
export type { QueueCounts };

export interface JobQueue {
  /** Sends all, in calls of ten, with what `Failed` lists sent again; throws when an entry cannot be sent. `group` is the job (fair queues). */
  send(bodies: readonly string[], group: string, signal: AbortSignal): Promise<void>;
  /** Approximate, and wrong for minutes at times (R5). */
  counts(signal: AbortSignal): Promise<QueueCounts>;
}

export interface FleetInstance {
  readonly instance: string;
  readonly state: 'pending' | 'running' | 'shutting-down' | 'terminated' | 'stopping' | 'stopped';
  readonly instanceType: string;
  readonly zone: string;
  readonly launchedAtMs: number;
  /** AWS took it: a state reason of `Server.SpotInstanceTermination` or the like. */
  readonly reclaimed: boolean;
}

export interface FleetDescription {
  readonly target: number;
  readonly fulfilled: number;
  /** `modifying`: the target shown may be the old one, and a further change may be refused. */
  readonly state: 'active' | 'modifying' | 'submitted' | 'deleted' | 'failed';
  /** Terminated ones too, for as long as EC2 shows them. */
  readonly instances: readonly FleetInstance[];
  /** The fleet that the stack's configuration names is gone; this one bears the stack's tag. */
  readonly insteadOf?: { readonly named: string; readonly found: string };
}

/** `busy`: the fleet is being modified; try again after a describe. */
export type SetTargetResult = 'accepted' | 'busy';

export interface Fleet {
  describe(signal: AbortSignal): Promise<FleetDescription>;
  /** Always with no-termination: lowering never ends an instance (R6). */
  setTarget(target: number, signal: AbortSignal): Promise<SetTargetResult>;
}

/** The instances that bear the stack's tag, whichever fleet launched them. Only a teardown ends any. */
export interface PoolInstances {
  /** Terminated ones too, for as long as EC2 shows them. */
  list(signal: AbortSignal): Promise<readonly FleetInstance[]>;
  /** Ones that are gone already are no error. */
  terminate(instances: readonly string[], signal: AbortSignal): Promise<void>;
}

/** `busy`: a deploy is under way. `stuck`: a deletion failed. */
export interface StackStanding {
  readonly state: 'there' | 'busy' | 'deleting' | 'deleted' | 'stuck';
  /** Termination protection: it cannot be deleted. */
  readonly isProtected: boolean;
  /** Why it is stuck, in CloudFormation's words. */
  readonly reason?: string;
}

/** The CloudFormation stack that holds the pool, and nothing else. */
export interface DeployedStack {
  readonly id: string;
  describe(signal: AbortSignal): Promise<StackStanding>;
  /** As it was deployed. */
  template(signal: AbortSignal): Promise<string>;
  /** Begins its deletion; returns before it has ended. */
  delete(signal: AbortSignal): Promise<void>;
}

/** R9: sets the fleet's target to 0 when no controller has pushed it out for a while. The stack's schedule implements it. */
export interface DeadManSwitch {
  /** A controller whose fleet is up pushes it out at least this often. */
  readonly pushOutEveryMs: number;
  /** Arms it, or pushes it out; rejects when it does not stand: then nobody may raise. */
  arm(signal: AbortSignal): Promise<void>;
  /** Takes it away; none may be there. */
  disarm(signal: AbortSignal): Promise<void>;
}

export interface Notice {
  /** One short line. */
  readonly subject: string;
  readonly text: string;
}

/** Reaches people who asked to be told (the stack's topic). */
export interface Notifier {
  notify(notice: Notice, signal: AbortSignal): Promise<void>;
}

/** The stack's own controller. */
export interface StackController {
  /** Has it look at once, instead of at its next minute; returns before it has. */
  wake(signal: AbortSignal): Promise<void>;
}

export interface SpotPrices {
  /** Newest Spot price in dollars an hour; undefined when the market has none for the pool. */
  spotDollarsPerHour(
    pool: { readonly instanceType: string; readonly zone: string },
    signal: AbortSignal,
  ): Promise<number | undefined>;
}

/** What the account may run on Spot in the stack's region. */
export interface SpotQuota {
  /** Undefined when the account has no such quota. */
  vcpus(signal: AbortSignal): Promise<number | undefined>;
}

export interface Clock {
  nowMs(): number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}
