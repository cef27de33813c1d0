/**
 * The objects that controllers and workers write about the fleet, each with its codec (rule R6): the controller's state (`fleet/state.json`), the
 * workers' exit tickets and their statuses.
 *
 * Invariants:
 * - `generation` only grows, because each write is conditional on the state that it replaces.
 * - A worker may end itself above the target only with a ticket `fleet/exits/<generation>/<n>.json`, `n < grants`. It must have created the ticket
 *   (If-None-Match), and `state.json` must still show the same generation afterwards; if it does not, the worker voids the ticket.
 * - Grants are opened only from a closed generation (`grants` 0), so no exit of an older generation can be missed in the count.
 * - Every controller carries `teardown` from generation to generation. It decides target 0 until its writer takes it away.
 */
import { parseRanges } from '../dataset/ranges.js';
import { milliseconds, type ModelPhase, type NoticeKind, noticeKind } from './events.js';
import { jobId } from './job-id.js';
import { instanceId } from './names.js';
import {
  count,
  decode,
  flag,
  instant,
  integer,
  just,
  list,
  number,
  object,
  oneOf,
  optional,
  type Shape,
  text,
  time,
  where,
  words,
} from './shape.js';
import { MOST_CONCURRENCY, MOST_SLOTS, type SlotShape } from './slot-shape.js';

export interface FleetState {
  readonly version: 1;
  readonly generation: number;
  /** The fleet's target; it is published only after a describe call showed it. */
  readonly target: number;
  /** The number of workers that may end themselves in this generation. */
  readonly grants: number;
  /** Jobs that had work left when the target was decided: while no other job has any, the target only falls (R7). */
  readonly jobs: readonly string[];
  /** The stack is being torn down: no controller raises the fleet any more. */
  readonly teardown?: TeardownMark;
  readonly at: string;
}

export interface TeardownMark {
  /** The user who gave the command. Only people read it. */
  readonly by: string;
  readonly at: string;
}

export interface ExitTicket {
  readonly instance: string;
  readonly at: string;
  /** The generation had moved on before the ticket was confirmed: its worker stays. */
  readonly void?: true;
}

export type WorkerPhase = 'starting' | 'idle' | 'busy' | 'draining' | 'ended';

/** How a worker runs a job's model, and why. */
export interface ShapeStatus extends SlotShape {
  readonly job: string;
  /** The worker tries no other shape any more. */
  readonly settled: boolean;
  readonly reason: string;
  /** Advice to the user on the slots that they chose. */
  readonly hint?: string;
}

/** The step by which a worker gets a job's model ready now. */
export interface PreparingStatus {
  readonly job: string;
  readonly phase: Exclude<ModelPhase, 'boot'>;
  /** It completes "the worker is …": "installing 14 packages for model.py". */
  readonly doing: string;
  /** The time at which the step began. */
  readonly since: string;
}

export interface PhaseTime {
  readonly phase: ModelPhase;
  readonly ms: number;
  readonly bytes?: number;
}

/** How long each step took that got a job's model ready. */
export interface PreparedStatus {
  readonly job: string;
  readonly phases: readonly PhaseTime[];
}

/** A GPU of an instance, as nvidia-smi showed it. */
export interface GpuStatus {
  readonly name: string;
  readonly memoryMib: number;
  readonly usedMib: number;
  /** The share of the time in which it was busy, from 0 to 1; absent where the driver does not tell it. */
  readonly use?: number;
}

/** The batches of a job that a worker has held for a while, and how long its batches take. */
export interface HeldStatus {
  readonly job: string;
  /** The numbers of the batches that it has held for more than a minute, as ranges: `3,7-9`. */
  readonly batches: string;
  /** The longest time that a batch of the job was held until its outcome; absent while none was held for long. */
  readonly longestMs?: number;
}

/** `fleet/status/<id>.json`, written by the worker when it changes (at most once a second), and again each minute as a heartbeat. */
export interface WorkerStatus {
  readonly instance: string;
  readonly phase: WorkerPhase;
  readonly slots: number;
  /** How the worker runs the job of its last batch; absent before its first batch. */
  readonly shape?: ShapeStatus;
  readonly preparing?: PreparingStatus;
  /** The model that the worker began to prepare last. Its list grows with each step. */
  readonly prepared?: PreparedStatus;
  /** Absent on an instance without GPUs. The figures are read every half minute at most. */
  readonly gpus?: readonly GpuStatus[];
  /** The kind of notice that it has seen. */
  readonly notice?: NoticeKind;
  /** Absent while it has held no batch for long. */
  readonly held?: readonly HeldStatus[];
  readonly instanceType: string;
  readonly zone: string;
  readonly startedAt: string;
  readonly at: string;
}

export const MOST_STATUS_BYTES = 256 * 1024;
export const MOST_TICKET_BYTES = 4 * 1024;
/** The state names every job with work left. */
export const MOST_FLEET_STATE_BYTES = 16 * 1024 * 1024;

const SENTENCE_CHARACTERS = 4_096;
const NAME_CHARACTERS = 256;
const MOST_JOBS = 200_000;
const MOST_GPUS = 256;
/** A worker holds a few hundred batches at most, of a few jobs. */
export const MOST_HELD_JOBS = 32;
const MOST_RANGES_CHARACTERS = 4_096;
const RANGES = /^(?:\d{1,8}(?:-\d{1,8})?(?:,\d{1,8}(?:-\d{1,8})?)*)?$/;
const areRanges = (ranges: string): boolean => parseRanges(ranges).every(({ first, last }) => first <= last);
const MOST_GPU_MIB = 1024 ** 3;

/** The form that a metadata service uses: `c7g.large`, `us-east-1a`. */
const place = text(64, /^[\w.:-]*$/);
/** A user may ask for more slices at once than `auto` tries. */
const slices = integer(0, Math.max(MOST_CONCURRENCY, MOST_SLOTS) * 16);

const fleetState: Shape<FleetState> = object<FleetState>({
  version: just(1),
  generation: count,
  target: count,
  grants: count,
  jobs: list(jobId, MOST_JOBS),
  teardown: optional(object<TeardownMark>({ by: words(NAME_CHARACTERS), at: time })),
  at: time,
});

export const encodeFleetState = (state: FleetState): string => `${JSON.stringify(state)}\n`;

export const decodeFleetState = (json: string | Uint8Array): FleetState | undefined => decode(fleetState, json);

const exitTicket = object<ExitTicket>({ instance: instanceId, at: time, void: optional(just(true)) });

export const encodeExitTicket = (ticket: ExitTicket): string => JSON.stringify(ticket);

export const decodeExitTicket = (json: string | Uint8Array): ExitTicket | undefined => decode(exitTicket, json);

const phaseTime = object<PhaseTime>({
  phase: oneOf<ModelPhase>({ boot: true, fetch: true, environment: true, weights: true, setup: true, load: true }),
  ms: milliseconds,
  bytes: optional(count),
});
const MOST_PHASES = 100;

const workerStatus: Shape<WorkerStatus> = object<WorkerStatus>({
  instance: instanceId,
  phase: oneOf<WorkerPhase>({ starting: true, idle: true, busy: true, draining: true, ended: true }),
  slots: integer(0, MOST_SLOTS),
  shape: optional(
    object<ShapeStatus>({
      job: jobId,
      slots: integer(0, MOST_SLOTS),
      concurrency: slices,
      settled: flag,
      reason: words(SENTENCE_CHARACTERS),
      hint: optional(words(SENTENCE_CHARACTERS)),
    }),
  ),
  preparing: optional(
    object<PreparingStatus>({
      job: jobId,
      phase: oneOf<PreparingStatus['phase']>({
        fetch: true,
        environment: true,
        weights: true,
        setup: true,
        load: true,
      }),
      doing: words(SENTENCE_CHARACTERS),
      since: instant,
    }),
  ),
  prepared: optional(object<PreparedStatus>({ job: jobId, phases: list(phaseTime, MOST_PHASES) })),
  gpus: optional(
    list(
      object<GpuStatus>({
        name: words(NAME_CHARACTERS),
        memoryMib: integer(0, MOST_GPU_MIB),
        usedMib: integer(0, MOST_GPU_MIB),
        use: optional(number(0, 1)),
      }),
      MOST_GPUS,
    ),
  ),
  notice: optional(noticeKind),
  held: optional(
    list(
      object<HeldStatus>({
        job: jobId,
        batches: where(text(MOST_RANGES_CHARACTERS, RANGES), areRanges),
        longestMs: optional(milliseconds),
      }),
      MOST_HELD_JOBS,
    ),
  ),
  instanceType: place,
  zone: place,
  startedAt: time,
  at: time,
});

export const encodeWorkerStatus = (status: WorkerStatus): string => JSON.stringify(status);

/** Returns this instance's own status, or undefined: no instance can write another one's status. */
export function decodeWorkerStatus(json: string | Uint8Array, instance: string): WorkerStatus | undefined {
  const status = decode(workerStatus, json);
  return status?.instance === instance ? status : undefined;
}
