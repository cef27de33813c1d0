/** The memory that a controller keeps between passes. Losing it costs some requests, a later resend, and repeated reports. */
import type { Manifest, UnableMark } from '../../core/contract/job.js';
import type { SilentInstance } from '../../core/pool/boot.js';
import type { JobDemand } from '../../core/pool/capacity.js';
import { type PoolFact, type PoolState, poolStateAfter, UNKNOWN_POOL } from '../../core/pool/pool-state.js';
import type { Progress } from '../../core/pool/progress.js';
import type { Silence } from '../../core/pool/silence.js';
import type { HistoryTally } from '../../core/record/history-tally.js';
import { newScanMemory, type ScanMemory } from './observe/outcome-parts.js';
import type { ReadEnds } from './observe/read-ends.js';
import type { KnownStatuses } from './observe/read-statuses.js';
import type { ReportedDamages } from './report-damages.js';

/** The history of a job's pool, as this controller keeps it (act/keep-history.ts). */
export interface HistoryMemory {
  readonly tally: HistoryTally;
  /** The ETag of the history that this controller wrote or read last. */
  etag?: string;
  /** The time of the last put, or of the first look. */
  putAtMs: number;
  endedAtMs?: number;
  /** The last look showed no fleet at all. */
  isQuiet: boolean;
}

export interface StoredManifest {
  readonly manifest: Manifest;
  /** The SHA-256 (hex) of `job.json` as stored. */
  readonly digest: string;
}

/** The findings of earlier looks at a job; all of them can be read again. */
export interface JobMemory {
  stored?: StoredManifest;
  /** `isUnsaved`: the count has outcomes that are not in `progress.json` yet. */
  progress?: { readonly progress: Progress; readonly etag: string | undefined; readonly isUnsaved?: boolean };
  /** The time at which this controller last wrote `progress.json`. */
  progressSavedAtMs?: number;
  readonly scan: ScanMemory;
  /** The marks that count, each by its place in the listing. */
  readonly unable: Map<string, UnableMark>;
  /** The time of the resume from which the marks count. */
  unableSinceMs?: number | undefined;
  /** Damaged marks, each by its place in the listing, so that they are not read again. */
  readonly damaged: Set<string>;
  resentAtMs?: number;
  silence?: Silence;
  /** The longest time of a batch that a worker has reported. */
  longestBatchMs?: number;
  /** The job's demand when it was last read. */
  demand?: JobDemand;
  unreadableSinceMs?: number;
}

export interface KnownTicket {
  readonly size: number;
  readonly lastModifiedMs: number;
  readonly instance: string;
  readonly void: boolean;
}

export interface TicketCache {
  readonly known: Map<string, KnownTicket>;
  /** Every ticket up to this key is too old to matter, so listings begin behind it. */
  skipUpToKey?: string;
}

/** The traces that an ended instance left in the bucket (core/pool/boot.ts). */
export interface EndedInstance extends Pick<SilentInstance, 'hasFailureLog' | 'livedAtMostMs'> {
  /** Its worker had written a status. */
  readonly cameUp: boolean;
}

export interface ControllerMemory {
  /** It changes through `learn` alone. */
  pool: PoolState;
  readonly jobs: Map<string, JobMemory>;
  /** The history of each job that is at work, or whose instances still run. */
  readonly histories: Map<string, HistoryMemory>;
  /** The ends of jobs. A job that has ended is not read again until its ends change, since it needs nothing of a controller. */
  readonly ends: Map<string, ReadEnds>;
  readonly tickets: TicketCache;
  readonly statuses: KnownStatuses;
  /** The traces of each ended instance. */
  readonly endedInstances: Map<string, EndedInstance>;
  /** Troubles that last: each was reported once, and is reported again only after it was over. */
  readonly reportedTroubles: Set<string>;
  readonly reportedDamages: ReportedDamages;
}

export const newJobMemory = (): JobMemory => ({ scan: newScanMemory(), unable: new Map(), damaged: new Set() });

export const newControllerMemory = (): ControllerMemory => ({
  pool: UNKNOWN_POOL,
  jobs: new Map(),
  histories: new Map(),
  ends: new Map(),
  tickets: { known: new Map() },
  statuses: new Map(),
  endedInstances: new Map(),
  reportedTroubles: new Set(),
  reportedDamages: new Set(),
});

export function learn(memory: ControllerMemory, fact: PoolFact): void {
  memory.pool = poolStateAfter(memory.pool, fact);
}
