/**
 * The record of a job: everything that can be said of it, as one JSON document. One module builds it from the bucket (`runner/record/`), and whoever shows a
 * job (`show`, `report`, the page, `compare`) is a view of it. Times are ISO 8601, spans and amounts have their unit in their name.
 *
 * Invariants:
 * - The document is plain JSON, and its size is bounded whatever the size of the job: long series are thinned, and long lists are cut. A cut list says so.
 * - A number that nobody measured is absent. It is never 0.
 * - What cannot be known, such as the work of a vanished worker, is given as a bound (`AtMost`).
 * - A reader ignores fields that it does not know. A field that changes its meaning needs another `version`.
 */
import type { EndsEntry } from '../contract/ends.js';
import type { ModelPhase } from '../contract/events.js';
import type { BatchSizing, DatasetSpec, JobState, Manifest, ModelSpec } from '../contract/job.js';
import type { JobOptions } from '../contract/job-options.js';
import type { JobSeries } from '../contract/series.js';

export interface JobRecord {
  readonly version: 1;
  readonly job: string;
  /** The name that the user gave the job. */
  readonly name?: string;
  /** When this record was built. The record of a job that runs is a look at that moment. */
  readonly builtAt: string;
  readonly what: RecordedWork;
  readonly how: RecordedCourse;
  readonly outcomes: RecordedOutcomes;
  readonly pace: RecordedPace;
  readonly pool: RecordedPool;
  readonly waste: RecordedWaste;
  readonly cost: RecordedCost;
  /** The findings that make the record incomplete, each as a sentence: a listing that was cut, or an object that could not be read. */
  readonly gaps: readonly string[];
}

/** The work that was submitted: the data, the code, and who asked for it. */
export interface RecordedWork {
  readonly dataset: DatasetSpec;
  readonly model: Omit<ModelSpec, 'start'> & { readonly kind: ModelSpec['start']['kind'] };
  /** The options of the manifest. Those that a resume changed are in `how.ends`. */
  readonly options: JobOptions;
  /** The series of which the job is one, with its values. */
  readonly series?: JobSeries;
  readonly batches: number;
  readonly batchSizes?: BatchSizing;
  readonly versions: Manifest['versions'];
  readonly createdAt: string;
  readonly createdBy: string;
}

/** The course of the job through its states. */
export interface RecordedCourse {
  readonly state: JobState;
  readonly reason?: string;
  readonly ends: readonly EndsEntry[];
  /** The job whose items this one computed again. */
  readonly parent?: string;
  readonly reruns: readonly string[];
  /** When the first batch was committed. */
  readonly firstOutcomeAt?: string;
  readonly endedAt?: string;
  /** From the submit to the end, or to the time of the record while the job goes on. */
  readonly seconds: number;
}

export interface RecordedOutcomes {
  readonly items: { readonly total: number; readonly ok: number; readonly failed: number };
  readonly batches: { readonly total: number; readonly done: number; readonly givenUp: number };
  /** The most frequent code comes first. */
  readonly errors: readonly RecordedError[];
}

export interface RecordedError {
  readonly code: string;
  readonly count: number;
  readonly example: { readonly index: number; readonly message: string };
}

/** Three points of a distribution of measured times, and the number of measurements. */
export interface Times {
  readonly count: number;
  readonly medianMs: number;
  readonly p90Ms: number;
  readonly longestMs: number;
}

export interface RecordedPace {
  /** The items that were done, over time; at most 500 points, the first and the last included. */
  readonly done: readonly { readonly at: string; readonly items: number }[];
  /** The time of an item in the model: the model's time of a batch, divided by its items. */
  readonly item?: Times;
  /** The time in which a batch was held, from its receipt to its commit. */
  readonly batch?: Times;
  /** The most resident memory of the processes of one slot, on any instance. Memory that processes share is counted for each. */
  readonly slotMemoryBytes?: number;
  /** The steps by which instances got the model ready. */
  readonly phases: readonly (Times & { readonly phase: ModelPhase; readonly bytes?: number })[];
  /** How workers ran the model, the most common shape first. */
  readonly shapes: readonly {
    readonly slots: number;
    readonly concurrency: number;
    readonly settled: boolean;
    readonly workers: number;
    readonly reason: string;
  }[];
}

export interface RecordedPool {
  /** The instances that worked for the job, in the order of their start; at most 5,000. */
  readonly instances: readonly RecordedInstance[];
  /** The fleet over time; at most 500 points, the first and the last included. */
  readonly fleet: readonly FleetPoint[];
  readonly notices: number;
  readonly reclaims: { readonly withNotice: number; readonly withoutNotice: number };
  readonly handBacks: number;
  /** Deaths of workers, not by a reclaim, while a batch of the job was in their slots. */
  readonly losses: number;
}

export interface FleetPoint {
  readonly at: string;
  readonly target: number;
  readonly fulfilled: number;
  /** Batches of this job without an outcome. */
  readonly batchesLeft: number;
}

export type InstancePhase = Exclude<ModelPhase, 'boot'> | 'boot' | 'work' | 'idle' | 'drain';

export type InstanceEnd =
  | 'ticket'
  | 'reclaimed'
  | 'idle'
  | 'life'
  | 'stopped'
  | 'unable'
  | 'outdated'
  | 'cut-off'
  /** It ended, and nobody said why. */
  | 'vanished';

export interface RecordedInstance {
  readonly instance: string;
  readonly instanceType: string;
  readonly zone: string;
  readonly market: 'spot' | 'on-demand';
  /** When EC2 launched it. Absent when no controller has written it down. */
  readonly launchedAt?: string;
  /** When its worker came up. */
  readonly startedAt?: string;
  /** The field is absent while the instance runs. */
  readonly endedAt?: string;
  readonly end?: InstanceEnd;
  readonly noticeAt?: string;
  /** Phases in order of time; they neither overlap nor leave the instance's life. Those of other jobs count as `work`. */
  readonly phases: readonly { readonly phase: InstancePhase; readonly fromAt: string; readonly toAt: string }[];
  /** Moments that a timeline marks. */
  readonly marks: readonly { readonly kind: 'notice' | 'reclaim' | 'hand-back' | 'loss'; readonly at: string }[];
  readonly batches: number;
  readonly items: number;
  readonly seconds?: number;
  readonly dollars?: number;
}

/** Work and time that brought no result. */
export interface RecordedWaste {
  /** Items that were computed though their outcome existed, or whose lease was lost meanwhile. */
  readonly duplicateItems: number;
  /** An upper bound of the items that vanished workers had computed and other workers computed again. */
  readonly lostItemsAtMost: number;
  /** The time in which instances were on and no model computed: boot, preparation, idle and drain. */
  readonly notComputingSeconds?: number;
}

export interface RecordedCost {
  readonly instanceSeconds: number;
  /** The sum at Spot prices; absent when a price is not known. */
  readonly spotDollars?: number;
  /** The price of the same time on demand; absent when a price is not known. */
  readonly onDemandDollars?: number;
  /** By instance type, the largest sum first. */
  readonly byType: readonly {
    readonly instanceType: string;
    readonly instances: number;
    readonly seconds: number;
    readonly spotDollars?: number;
    readonly onDemandDollars?: number;
  }[];
  /** Instances that other jobs used at the same time count for each of these jobs in full. */
  readonly sharedWith: readonly string[];
}
