/** Joins what workers wrote of themselves with what controllers saw of their instances. */
import type { HistoryInstance, PoolHistory } from '../contract/pool-history.js';
import type { WorkerEndReason, WorkerSummary } from '../contract/worker-summary.js';
import { definedFields } from '../defined-fields.js';
import type { InstanceUse } from '../pool/cost.js';
import { fewerPhases, instancePhases, type PhaseSpan, secondsOf } from './instance-phases.js';
import type { InstanceEnd, RecordedInstance } from './job-record.js';

/** An instance of the job, with its times as numbers. */
export interface JobInstance {
  readonly instance: string;
  readonly instanceType: string;
  readonly zone: string;
  readonly launchedAtMs?: number;
  readonly startedAtMs?: number;
  readonly endedAtMs?: number;
  readonly end?: InstanceEnd;
  readonly summary?: WorkerSummary;
  readonly noticeAtMs?: number;
  readonly phases: readonly PhaseSpan[];
  /** The time that counts for the job; undefined when nobody knows when the instance began. */
  readonly seconds?: number;
  /** The time from launch to end. */
  readonly lifeSeconds: number;
  /** The job had ended, and nobody has seen the end of the instance. */
  readonly isEndUnknown: boolean;
}

export interface JobTime {
  readonly createdAtMs: number;
  /** Absent while the job goes on. */
  readonly endedAtMs?: number;
  readonly nowMs: number;
}

/** All instances of the job in the order of their start. Instances without a summary are the job's only when no other job had work meanwhile. */
export function instancesOf(
  summaries: readonly WorkerSummary[],
  history: PoolHistory | undefined,
  time: JobTime,
): readonly JobInstance[] {
  const bySummary = new Map(summaries.map((summary) => [summary.instance, summary]));
  const byHistory = new Map((history?.instances ?? []).map((seen) => [seen.instance, seen]));
  const isShared = (history?.jobsBeside.length ?? 0) > 0;
  const names = new Set([...bySummary.keys(), ...(isShared ? [] : byHistory.keys())]);
  return [...names]
    .map((instance) => instanceOf(instance, bySummary.get(instance), byHistory.get(instance), { ...time, isShared }))
    .sort((a, b) => beginOf(a) - beginOf(b) || (a.instance < b.instance ? -1 : 1));
}

const beginOf = ({ launchedAtMs, startedAtMs, summary }: Omit<JobInstance, 'phases'>): number =>
  launchedAtMs ?? startedAtMs ?? summary?.firstAtMs ?? 0;

function instanceOf(
  instance: string,
  summary: WorkerSummary | undefined,
  seen: HistoryInstance | undefined,
  time: JobTime & { readonly isShared: boolean },
): JobInstance {
  const launchedAtMs = seen?.launchedAtMs;
  const { startedAtMs, noticeAtMs } = summary ?? {};
  const fromMs = launchedAtMs ?? startedAtMs ?? summary?.firstAtMs;
  const endedAtMs = endOf(summary, seen, time.nowMs);
  const isEndUnknown = endedAtMs === undefined && time.endedAtMs !== undefined;
  // Without its end the instance counts up to the last sign of it.
  const lastMs = isEndUnknown ? Math.max(time.endedAtMs ?? 0, summary?.lastAtMs ?? 0) : time.nowMs;
  const toMs = endedAtMs ?? lastMs;
  // EC2 tells the launch in whole seconds: an instance that the job itself made seems to be older than the job.
  const countedFromMs = Math.floor(time.createdAtMs / 1_000) * 1_000;
  const countedToMs = time.isShared ? Math.min(toMs, time.endedAtMs ?? toMs) : toMs;
  const life = { fromMs: Math.min(fromMs ?? toMs, toMs), toMs };
  const known = { knownUntilMs: summary?.ended === undefined ? (summary?.lastAtMs ?? life.fromMs) : toMs };
  const worker = definedFields({ workerAtMs: startedAtMs ?? (summary === undefined ? toMs : undefined), noticeAtMs });
  return {
    instance,
    instanceType: seen?.instanceType ?? summary?.instanceType ?? 'unknown',
    zone: seen?.zone ?? summary?.zone ?? 'unknown',
    ...definedFields({ launchedAtMs, startedAtMs, endedAtMs, end: reasonOf(summary, seen), summary, noticeAtMs }),
    phases: fromMs === undefined ? [] : instancePhases(summary?.spans ?? [], { ...life, ...known, ...worker }),
    ...definedFields({
      seconds: fromMs === undefined ? undefined : Math.max(0, countedToMs - Math.max(fromMs, countedFromMs)) / 1000,
    }),
    lifeSeconds: (toMs - life.fromMs) / 1000,
    isEndUnknown,
  };
}

/** A controller was away when it saw the end so long after the worker had told it. */
const LATE_MS = 60_000;

/** AWS bills up to the end that EC2 shows. A worker that ended for a notice leaves its instance to AWS; any other one ends its instance itself. */
function endOf(
  summary: WorkerSummary | undefined,
  seen: HistoryInstance | undefined,
  nowMs: number,
): number | undefined {
  const shown = seen?.endedAtMs;
  if (summary?.ended === undefined) return shown;
  // No clock of a worker makes its instance end in the future.
  const ownMs = Math.min(summary.ended.atMs, nowMs);
  const isTold = shown === undefined || (summary.ended.reason !== 'interruption' && shown - ownMs > LATE_MS);
  return isTold ? ownMs : shown;
}

function reasonOf(summary: WorkerSummary | undefined, seen: HistoryInstance | undefined): InstanceEnd | undefined {
  if (seen?.reclaimed === true) return 'reclaimed';
  if (summary?.ended !== undefined) return ENDS[summary.ended.reason];
  return seen?.endedAtMs === undefined ? undefined : 'vanished';
}

const ENDS: Readonly<Record<WorkerEndReason, InstanceEnd>> = {
  ticket: 'ticket',
  interruption: 'reclaimed',
  idle: 'idle',
  life: 'life',
  stopped: 'stopped',
  unable: 'unable',
  outdated: 'outdated',
  'cut-off': 'cut-off',
};

export const useOf = ({ instance, instanceType, zone, seconds, end, lifeSeconds }: JobInstance): InstanceUse => ({
  instance,
  instanceType,
  zone,
  seconds: seconds ?? 0,
  reclaimed: end === 'reclaimed',
  lifeSeconds,
});

export const notComputing = ({ phases }: JobInstance): number => secondsOf(phases, (phase) => phase !== 'work');

export interface InstanceExtras {
  readonly dollars?: number;
  readonly lossesAtMs: readonly number[];
  /** The most phases that the record has room for. */
  readonly mostPhases: number;
  /** The most hand-backs that are marked. Their number is in the pool's counts. */
  readonly mostHandBacks: number;
}

export function recordedInstance(of: JobInstance, extras: InstanceExtras): RecordedInstance {
  const { summary, end, endedAtMs, noticeAtMs } = of;
  const marks = [
    ...(noticeAtMs === undefined ? [] : [{ kind: 'notice' as const, atMs: noticeAtMs }]),
    ...(end === 'reclaimed' && endedAtMs !== undefined ? [{ kind: 'reclaim' as const, atMs: endedAtMs }] : []),
    ...(summary?.handedBackAtMs ?? [])
      .slice(0, extras.mostHandBacks)
      .map((atMs) => ({ kind: 'hand-back' as const, atMs })),
    ...extras.lossesAtMs.map((atMs) => ({ kind: 'loss' as const, atMs })),
  ];
  return {
    instance: of.instance,
    instanceType: of.instanceType,
    zone: of.zone,
    market: 'spot',
    ...definedFields({
      launchedAt: isoOf(of.launchedAtMs),
      startedAt: isoOf(of.startedAtMs),
      endedAt: isoOf(endedAtMs),
      end,
      noticeAt: isoOf(noticeAtMs),
    }),
    phases: fewerPhases(of.phases, extras.mostPhases).map(({ phase, fromMs, toMs }) => ({
      phase,
      fromAt: iso(fromMs),
      toAt: iso(toMs),
    })),
    marks: marks.sort((a, b) => a.atMs - b.atMs).map(({ kind, atMs }) => ({ kind, at: iso(atMs) })),
    batches: summary?.batches ?? 0,
    items: (summary?.ok ?? 0) + (summary?.failed ?? 0),
    ...definedFields({ seconds: of.seconds, dollars: extras.dollars }),
  };
}

export const iso = (ms: number): string => new Date(ms).toISOString();

const isoOf = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : iso(ms));
