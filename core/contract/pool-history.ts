/**
 * The pool over time, as controllers saw it while a job was at work (`jobs/<job>/history.json`), with its codec. EC2 forgets an instance within the hour
 * of its end, so this is where the record of a job finds the instances that never wrote a word.
 *
 * Invariants:
 * - It is written with If-None-Match, then with If-Match: the loser reads it again and adds what it saw. It is a view, so a lost write loses only detail.
 * - Its size is bounded: points are thinned, and instances beyond the bound are counted.
 */
import { jobId } from './job-id.js';
import { instanceId } from './names.js';
import { count, decode, integer, just, list, object, optional, type Shape, text, where } from './shape.js';

export interface HistoryPoint {
  readonly atMs: number;
  readonly target: number;
  readonly fulfilled: number;
  /** The job's batches without an outcome. */
  readonly left: number;
}

export interface HistoryInstance {
  readonly instance: string;
  readonly instanceType: string;
  readonly zone: string;
  readonly launchedAtMs: number;
  /** The time of the first look that no longer showed it live. Absent while it lives. */
  readonly endedAtMs?: number;
  /** Present when AWS took the instance. */
  readonly reclaimed?: true;
}

export interface PoolHistory {
  readonly version: 1;
  readonly job: string;
  /** The least time between two points. It grows with the length of the job. */
  readonly everyMs: number;
  readonly points: readonly HistoryPoint[];
  readonly instances: readonly HistoryInstance[];
  /** The number of further instances. */
  readonly moreInstances: number;
  /** Other jobs that had work left meanwhile; at most `MOST_JOBS_BESIDE`. */
  readonly jobsBeside: readonly string[];
}

export const MOST_POINTS = 500;
export const MOST_HISTORY_INSTANCES = 5_000;
export const MOST_JOBS_BESIDE = 100;
/** An instance has some two hundred bytes. */
export const MOST_HISTORY_BYTES = 4 * 1024 * 1024;

/** The last moment that a Date can hold. */
const at = integer(0, 8.64e15);
/** The form that EC2 uses: `c7g.large`, `us-east-1a`. */
export const place = text(64, /^[\w.:-]*$/);

const historyInstance = object<HistoryInstance>({
  instance: instanceId,
  instanceType: place,
  zone: place,
  launchedAtMs: at,
  endedAtMs: optional(at),
  reclaimed: optional(just(true)),
});

const poolHistory: Shape<PoolHistory> = object<PoolHistory>({
  version: just(1),
  job: jobId,
  everyMs: integer(1, 8.64e15),
  points: list(object<HistoryPoint>({ atMs: at, target: count, fulfilled: count, left: count }), MOST_POINTS),
  instances: list(
    where(historyInstance, ({ launchedAtMs, endedAtMs = launchedAtMs }) => launchedAtMs <= endedAtMs),
    MOST_HISTORY_INSTANCES,
  ),
  moreInstances: count,
  jobsBeside: list(jobId, MOST_JOBS_BESIDE),
});

export const encodePoolHistory = (history: PoolHistory): string => `${JSON.stringify(history)}\n`;

/** Returns the history of this job, or undefined. */
export function decodePoolHistory(json: string | Uint8Array, job: string): PoolHistory | undefined {
  const history = decode(poolHistory, json);
  return history?.job === job ? history : undefined;
}
