/** What a pass of the controller needs, and what it remembers between passes. */
import type { JobDemand } from '../../core/pool/capacity.js';
import type { UnableMark, CancelMark, Manifest } from '../../core/contract/job.js';
import type { Progress } from '../../core/pool/progress.js';
import type { Quiet } from '../../core/pool/quiet.js';
import type { StackConfig } from '../../core/contract/stack.js';
import type { Clock, DeadManSwitch, Fleet, JobQueue, ObjectStore } from '../ports.js';
import type { ToldDamages } from './damages.js';

export interface ControllerPorts {
  readonly fleet: Fleet;
  readonly queue: JobQueue;
  readonly store: ObjectStore;
  readonly deadMan: DeadManSwitch;
  readonly clock: Clock;
}

export interface ControllerOptions {
  /** The stack's maximum of instances. */
  readonly maxWorkers: number;
  /** How long an instance may live; unknown when the stack does not say. */
  readonly maxLifeMs?: number;
  /** How long the queue must have been empty before lost messages are sent again; `QUIET_MS` when absent. */
  readonly quietMs?: number;
  /** Kept by the caller from pass to pass; without it each pass starts from the bucket alone. */
  readonly memory?: ControllerMemory;
}

/** What a stack says of itself, for any controller of it. */
export const controllerLimits = ({
  maxWorkers,
  maxLifeSeconds,
}: StackConfig): Pick<ControllerOptions, 'maxWorkers' | 'maxLifeMs'> => ({
  maxWorkers,
  ...(maxLifeSeconds === undefined ? {} : { maxLifeMs: maxLifeSeconds * 1000 }),
});

export interface StoredManifest {
  readonly manifest: Manifest;
  /** SHA-256 (hex) of `job.json` as stored. */
  readonly digest: string;
}

/** What is known of a job from earlier looks; all of it can be read anew. */
export interface JobMemory {
  stored?: StoredManifest;
  progress?: { readonly progress: Progress; readonly etag: string | undefined };
  cancelled?: CancelMark;
  readonly unable: Map<string, UnableMark>;
  /** Marks that are none, by their places in the listing: not read again. */
  readonly damaged: Set<string>;
  resentAtMs?: number;
  /** The need of the job when it was last read. */
  demand?: JobDemand;
  unreadableSinceMs?: number;
}

export interface TicketMemory {
  readonly size: number;
  readonly lastModifiedMs: number;
  readonly instance: string;
  readonly void: boolean;
}

/** Saves requests, and holds the times that R5 needs; losing it costs a few more requests and a later resend. */
export interface ControllerMemory {
  readonly jobs: Map<string, JobMemory>;
  /** Jobs that have ended: nothing of them can change what a controller does. */
  readonly ended: Set<string>;
  readonly tickets: Map<string, TicketMemory>;
  /** Of instances that have ended: had their worker come up? */
  readonly cameUp: Map<string, boolean>;
  /** No ticket up to this key matters any more. */
  ticketsAfter?: string;
  quiet?: Quiet | undefined;
  awaited?: { readonly target: number; readonly atMs: number };
  armedAtMs?: number;
  /** The switch was taken away, and the fleet has not been up since. */
  switchGone?: boolean;
  shortSinceMs?: number | undefined;
  /** Troubles that were told and have not ended: each is an event once. */
  readonly told: Set<string>;
  /** Objects that are not what their keys say, and were told of. */
  readonly toldDamages: ToldDamages;
}

export const newJobMemory = (): JobMemory => ({ unable: new Map(), damaged: new Set() });

export const newControllerMemory = (): ControllerMemory => ({
  jobs: new Map(),
  ended: new Set(),
  tickets: new Map(),
  cameUp: new Map(),
  told: new Set(),
  toldDamages: new Set(),
});
