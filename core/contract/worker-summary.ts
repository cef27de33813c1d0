/**
 * The summary of the events that one worker wrote for one job (`jobs/<job>/summaries/<instance>.json`), with its codec. The worker puts it again as the
 * events grow, so that the record of a job needs one object of each worker, and no events.
 *
 * Invariants:
 * - Its size is bounded, however long the worker lives. What had no room is counted.
 * - Everything in it adds up: the sum of the summaries of a job's workers is the summary of the job.
 * - A worker process that is started again on its instance continues the summary of its predecessor.
 */
import { type ErrorExample, errorExamples } from './error-example.js';
import {
  type EventOf,
  HAND_BACK_REASONS,
  type HandBackReason,
  type ModelPhase,
  REBUILD_REASONS,
  WORKER_END_REASONS,
} from './events.js';
import type { PhaseTime } from './fleet-state.js';
import { jobId } from './job-id.js';
import { instanceId } from './names.js';
import { place } from './pool-history.js';
import {
  count,
  decode,
  flag,
  integer,
  just,
  list,
  number,
  object,
  oneOf,
  optional,
  record,
  type Shape,
  text,
  where,
  words,
} from './shape.js';

export type SummaryPhase = ModelPhase | 'work';
export type WorkerEndReason = EventOf<'worker-ended'>['reason'];

/** A time in which the worker did this. Spans may overlap: a slot loads the model while another one works. */
export interface SummarySpan {
  readonly phase: SummaryPhase;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Measured times in buckets, which grow by a tenth from one to the next (core/record/time-tally.ts). */
export interface TimeCounts {
  /** The number of times in each bucket, by the number of the bucket. */
  readonly counts: Readonly<Record<string, number>>;
  readonly longestMs: number;
}

/** Items that were done, by the slot of time in which their batches were committed. */
export interface DoneSlots {
  readonly slotMs: number;
  /** The number of the first slot: its begin, divided by `slotMs`. */
  readonly first: number;
  readonly items: readonly number[];
}

/** A batch that the worker committed, and that was received before (runner/status/silent-leases.ts). */
export interface ReceivedAgain {
  readonly batch: number;
  readonly receives: number;
  readonly items: number;
  readonly resumed: number;
}

/** The number of the worker's leases of a batch that ended otherwise than by a commit. */
export interface EndedLeases {
  readonly batch: number;
  readonly leases: number;
}

export interface WorkerSummary {
  readonly version: 1;
  readonly job: string;
  readonly instance: string;
  /** Absent when the worker's start was not seen. */
  readonly instanceType?: string;
  readonly zone?: string;
  /** When the worker's process started. */
  readonly startedAtMs?: number;
  /** The times of the first and the last event of the job, or of the instance's end. */
  readonly firstAtMs: number;
  readonly lastAtMs: number;
  readonly ended?: { readonly atMs: number; readonly reason: WorkerEndReason };
  /** When the first notice of an interruption came. */
  readonly noticeAtMs?: number;
  readonly spans: readonly SummarySpan[];
  /** The steps by which it got the model ready. */
  readonly steps: readonly PhaseTime[];
  /** How it ran the model last. */
  readonly shape?: {
    readonly slots: number;
    readonly concurrency: number;
    readonly settled: boolean;
    readonly reason: string;
  };
  readonly batches: number;
  readonly ok: number;
  readonly failed: number;
  readonly givenUp: number;
  readonly firstDoneAtMs?: number;
  readonly done: DoneSlots;
  readonly itemTimes: TimeCounts;
  readonly batchTimes: TimeCounts;
  /** The most resident memory of one slot. Absent when nobody has looked, and in the summaries of older workers. */
  readonly slotMemoryBytes?: number;
  readonly handBacks: Readonly<Record<string, number>>;
  readonly rebuilds: Readonly<Record<string, number>>;
  /** Items that were computed though their outcome existed. */
  readonly duplicateItems: number;
  /** Items that were computed under a lease that was lost. */
  readonly leaseLostItems: number;
  readonly receivedAgain: readonly ReceivedAgain[];
  readonly endedLeases: readonly EndedLeases[];
  /** The items of earlier receives of batches that had no room in `receivedAgain`. */
  readonly unlistedItems: number;
  readonly errors: readonly ErrorExample[];
  /** Failed items whose code had no room in `errors`. */
  readonly otherErrors: number;
  /** When it handed batches back, without ordinary balancing between workers: the first ones. */
  readonly handedBackAtMs: readonly number[];
}

export const MOST_SUMMARY_BYTES = 1024 * 1024;

/** A timeline of more spans cannot be told apart on a screen. */
export const MOST_SPANS = 200;
export const MOST_STEPS = 40;
export const MOST_MARKS = 200;
/** Enough for a curve of a job, since the workers' slots are added up. */
export const MOST_SLOTS_OF_TIME = 120;
/** A worker has a few hundred batches of a large job. */
export const MOST_BATCHES_LISTED = 500;
/** A model that uses more codes probably makes a code of every message. */
export const MOST_CODES = 100;

const REASON_CHARACTERS = 4_096;
/** The last moment that a Date can hold. */
const LAST_MS = 8.64e15;
/** The buckets of a TimeTally have fewer. */
const MOST_BUCKETS = 1_000;
const MOST_SLOTS = 100_000;

const at = integer(0, LAST_MS);
const duration = number(0, LAST_MS);

const phase = oneOf<SummaryPhase>({
  boot: true,
  fetch: true,
  environment: true,
  weights: true,
  setup: true,
  load: true,
  work: true,
});

const timeCounts = object<TimeCounts>({
  counts: record(count, { name: text(3, /^\d+$/), most: MOST_BUCKETS }),
  longestMs: duration,
});

const countsBy = <Name extends string>(names: Readonly<Record<Name, true>>): Shape<Readonly<Record<string, number>>> =>
  record(count, { name: oneOf(names), most: Object.keys(names).length });

const workerSummary: Shape<WorkerSummary> = object<WorkerSummary>({
  version: just(1),
  job: jobId,
  instance: instanceId,
  instanceType: optional(place),
  zone: optional(place),
  startedAtMs: optional(at),
  firstAtMs: at,
  lastAtMs: at,
  ended: optional(
    object<NonNullable<WorkerSummary['ended']>>({ atMs: at, reason: oneOf<WorkerEndReason>(WORKER_END_REASONS) }),
  ),
  noticeAtMs: optional(at),
  spans: list(
    where(object<SummarySpan>({ phase, fromMs: at, toMs: at }), ({ fromMs, toMs }) => fromMs <= toMs),
    MOST_SPANS + MOST_STEPS,
  ),
  steps: list(
    object<PhaseTime>({
      phase: oneOf<ModelPhase>({ boot: true, fetch: true, environment: true, weights: true, setup: true, load: true }),
      ms: duration,
      bytes: optional(count),
    }),
    MOST_STEPS,
  ),
  shape: optional(
    object<NonNullable<WorkerSummary['shape']>>({
      slots: integer(0, MOST_SLOTS),
      concurrency: integer(0, MOST_SLOTS),
      settled: flag,
      reason: words(REASON_CHARACTERS),
    }),
  ),
  batches: count,
  ok: count,
  failed: count,
  givenUp: count,
  firstDoneAtMs: optional(at),
  done: where(
    object<DoneSlots>({ slotMs: integer(1, LAST_MS), first: count, items: list(count, MOST_SLOTS_OF_TIME) }),
    ({ slotMs, first, items }) => (first + items.length) * slotMs <= LAST_MS,
  ),
  itemTimes: timeCounts,
  batchTimes: timeCounts,
  slotMemoryBytes: optional(count),
  handBacks: countsBy<HandBackReason>(HAND_BACK_REASONS),
  rebuilds: countsBy(REBUILD_REASONS),
  duplicateItems: count,
  leaseLostItems: count,
  receivedAgain: list(
    object<ReceivedAgain>({ batch: count, receives: count, items: count, resumed: count }),
    MOST_BATCHES_LISTED,
  ),
  endedLeases: list(object<EndedLeases>({ batch: count, leases: count }), MOST_BATCHES_LISTED),
  unlistedItems: count,
  errors: errorExamples(MOST_CODES),
  otherErrors: count,
  handedBackAtMs: list(at, MOST_MARKS),
});

export const encodeWorkerSummary = (summary: WorkerSummary): string => `${JSON.stringify(summary)}\n`;

/** Returns this instance's own summary of the job, or undefined: no instance can report for another one. */
export function decodeWorkerSummary(
  json: string | Uint8Array,
  { job, instance }: Pick<WorkerSummary, 'job' | 'instance'>,
): WorkerSummary | undefined {
  const summary = decode(workerSummary, json);
  return summary?.job === job && summary.instance === instance ? summary : undefined;
}
