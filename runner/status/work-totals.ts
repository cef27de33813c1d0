/**
 * Sums up what workers report of a job. Their summaries say it in one object a worker. Where these lack some of the outcomes, because a worker is older or has
 * vanished, all events are read.
 */
import { isBalancing } from '../../core/batch/hand-back.js';
import type { HandBackReason } from '../../core/contract/events.js';
import type { WorkerSummary } from '../../core/contract/worker-summary.js';
import type { JobProgress } from '../controller/report.js';
import type { ObjectStore } from '../ports.js';
import { readSummaries } from '../record/read-summaries.js';
import { SilentLeases } from './silent-leases.js';
import { type EventTotals, readJobEvents, sumEvents } from './worker-events.js';

export async function sumWork(
  store: ObjectStore,
  { job, items }: Pick<JobProgress, 'job' | 'items'>,
  signal: AbortSignal,
): Promise<EventTotals> {
  const { found, isCut } = await readSummaries(store, job, signal);
  const told = found.reduce((sum, { ok, failed }) => sum + ok + failed, 0);
  if (found.length === 0 || isCut || told < items.ok + items.failed)
    return sumEvents(readJobEvents(store, job, signal));
  return totalsOf(found);
}

export function totalsOf(summaries: readonly WorkerSummary[]): EventTotals {
  const silent = new SilentLeases();
  for (const summary of summaries) silent.addSummary(summary);
  return {
    handBacks: summaries.reduce((sum, summary) => sum + handBacksOf(summary), 0),
    duplicateItems: summaries.reduce((sum, one) => sum + one.duplicateItems + one.leaseLostItems, 0),
    lostItemsAtMost: silent.itemsAtMost(),
    shapes: Object.fromEntries(summaries.flatMap(({ instance, shape }) => (shape ? [[instance, shape]] : []))),
    phases: Object.fromEntries(summaries.map(({ instance, steps }) => [instance, steps])),
  };
}

/** Ordinary balancing between workers is left out. */
export function handBacksOf({ handBacks }: Pick<WorkerSummary, 'handBacks'>): number {
  const counts = Object.entries(handBacks);
  return counts.reduce((sum, [reason, times]) => sum + (isBalancing(reason as HandBackReason) ? 0 : times), 0);
}
