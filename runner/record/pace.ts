/** The pace of a job: items over time, the times of items, batches and steps, and the shapes in which workers ran the model. */
import type { WorkerSummary } from '../../core/contract/worker-summary.js';
import { definedFields } from '../../core/defined-fields.js';
import type { RecordedPace, Times } from '../../core/record/job-record.js';
import { iso, type JobTime } from '../../core/record/recorded-instances.js';
import { thin } from '../../core/record/thin.js';
import { TimeTally } from '../../core/record/time-tally.js';
import type { JobView } from '../controller/observe/read-job.js';
import { PHASES } from '../status/preparing.js';
import { groupShapes } from '../status/shapes.js';
import type { RecordSources } from './read-summaries.js';

const MOST_POINTS = 500;

export function paceOf(view: JobView, { summaries: { found } }: RecordSources, time: JobTime): RecordedPace {
  const shapes = groupShapes(
    found.flatMap(({ shape }) => shape ?? []),
    view.verdict.state,
  );
  return {
    done: doneOf(view, found, time),
    ...definedFields({
      item: timesOf(found, ({ itemTimes }) => itemTimes),
      batch: timesOf(found, ({ batchTimes }) => batchTimes),
      slotMemoryBytes: memoryOf(found),
    }),
    phases: phasesOf(found),
    shapes: shapes.map(({ slots, concurrency, settled, workers, reason }) => ({
      slots,
      concurrency,
      settled,
      workers,
      reason,
    })),
  };
}

/** The curve begins at the submit and ends with the count of the outcomes, which are the truth: a worker that vanished has reported less. */
function doneOf(
  { facts }: JobView,
  summaries: readonly WorkerSummary[],
  { createdAtMs, endedAtMs, nowMs }: JobTime,
): RecordedPace['done'] {
  const { ok, failed } = facts.progress.items;
  const lastMs = Math.max(createdAtMs, endedAtMs ?? nowMs);
  const bySlot = new Map<number, number>();
  for (const { done } of summaries) {
    done.items.forEach((items, at) => {
      const endMs = Math.max(createdAtMs, Math.min(lastMs, (done.first + at + 1) * done.slotMs));
      if (items > 0) bySlot.set(endMs, (bySlot.get(endMs) ?? 0) + items);
    });
  }
  let items = 0;
  const points = [...bySlot]
    .sort(([a], [b]) => a - b)
    .map(([atMs, more]) => ({ atMs, items: (items = Math.min(ok + failed, items + more)) }));
  const first = points[0]?.atMs === createdAtMs ? [] : [{ atMs: createdAtMs, items: 0 }];
  const between = points.filter(({ atMs }) => atMs < lastMs);
  const all = [...first, ...between, ...(lastMs > createdAtMs ? [{ atMs: lastMs, items: ok + failed }] : [])];
  return thin(all, MOST_POINTS).map(({ atMs, items: done }) => ({ at: iso(atMs), items: done }));
}

function memoryOf(summaries: readonly WorkerSummary[]): number | undefined {
  const told = summaries.flatMap(({ slotMemoryBytes }) => slotMemoryBytes ?? []);
  return told.length === 0 ? undefined : Math.max(...told);
}

function timesOf(
  summaries: readonly WorkerSummary[],
  of: (summary: WorkerSummary) => WorkerSummary['itemTimes'],
): Times | undefined {
  const tally = new TimeTally();
  for (const summary of summaries) tally.addAll(of(summary));
  return tally.times();
}

/** There are a few steps for each worker, so their times are exact. */
function phasesOf(summaries: readonly WorkerSummary[]): RecordedPace['phases'] {
  return PHASES.flatMap((phase) => {
    const steps = summaries.flatMap((summary) => summary.steps.filter((step) => step.phase === phase));
    const times = steps.map(({ ms }) => ms).sort((a, b) => a - b);
    const at = (share: number): number => times[Math.max(0, Math.ceil(times.length * share) - 1)] ?? 0;
    if (times.length === 0) return [];
    const sizes = steps.flatMap(({ bytes }) => bytes ?? []);
    const bytes = sizes.length === 0 ? undefined : sizes.reduce((most, size) => Math.max(most, size));
    const points = { count: times.length, medianMs: at(0.5), p90Ms: at(0.9), longestMs: at(1) };
    return [{ phase, ...points, ...definedFields({ bytes }) }];
  });
}
