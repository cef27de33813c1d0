/** The codec of what controllers and workers say of the fleet (core/pool/fleet-state.ts). */
import type {
  ExitTicket,
  FleetState,
  ShapeStatus,
  TeardownMark,
  WorkerPhase,
  WorkerStatus,
} from '../pool/fleet-state.js';
import { jobId } from './decode-job.js';
import { instanceId } from '../names.js';
import {
  count,
  decode,
  flag,
  integer,
  just,
  list,
  object,
  oneOf,
  optional,
  type Shape,
  text,
  time,
  words,
} from './shape.js';
import { MOST_CONCURRENCY, MOST_SLOTS } from '../batch/slot-shape.js';

export const MOST_STATUS_BYTES = 256 * 1024;
export const MOST_TICKET_BYTES = 4 * 1024;
/** It names every job with work left. */
export const MOST_FLEET_STATE_BYTES = 16 * 1024 * 1024;

const SENTENCE_CHARACTERS = 4_096;
const NAME_CHARACTERS = 256;
const MOST_JOBS = 200_000;

/** The form that a metadata service uses: `c7g.large`, `us-east-1a`. */
const place = text(64, /^[\w.:-]*$/);
/** A user may ask for more slices at once than are tried by themselves. */
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

export const decodeFleetState = (json: string | Uint8Array): FleetState | undefined => decode(fleetState, json);

const exitTicket = object<ExitTicket>({ instance: instanceId, at: time, void: optional(just(true)) });

export const decodeExitTicket = (json: string | Uint8Array): ExitTicket | undefined => decode(exitTicket, json);

export const noticeKind = oneOf<'interruption' | 'rebalance'>({ interruption: true, rebalance: true });

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
  notice: optional(noticeKind),
  instanceType: place,
  zone: place,
  startedAt: time,
  at: time,
});

/** The result is this instance's own, or undefined: nobody speaks for another one. */
export function decodeWorkerStatus(json: string | Uint8Array, instance: string): WorkerStatus | undefined {
  const status = decode(workerStatus, json);
  return status?.instance === instance ? status : undefined;
}
