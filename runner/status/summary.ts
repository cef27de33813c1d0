/** Makes the summary of a run as data: the results, the time, the instances and the cost. */
import { definedFields } from '../../core/defined-fields.js';
import { costOf, type Cost } from '../../core/pool/cost.js';
import { mapBounded } from '../../core/map-bounded.js';
import type { JobProgress } from '../controller/report.js';
import type { ObjectStore, SpotPrices } from '../ports.js';
import type { InstanceLedger } from './instance-ledger.js';
import { groupPhases, type PhaseView } from './preparing.js';
import { groupShapes, type ShapeView } from './shapes.js';
import { pricesOf } from '../record/spot-prices.js';
import { sumWork } from './work-totals.js';
import { type EventTotals, readInstanceEvents } from './worker-events.js';

const READS_AT_ONCE = 8;

export interface Summary extends Omit<JobProgress, 'createdAt' | 'createdBy' | 'instanceHours'> {
  readonly seconds: number;
  readonly instances: number;
  readonly reclaims: { readonly total: number; readonly withNotice: number; readonly withoutNotice: number };
  readonly events: Omit<EventTotals, 'shapes' | 'phases'>;
  /** How workers ran the model. */
  readonly shapes: readonly ShapeView[];
  /** How long instances took to get the model ready, step by step. */
  readonly phases: readonly PhaseView[];
  readonly cost: Cost;
}

export interface SummaryInput {
  readonly progress: JobProgress;
  readonly ledger: InstanceLedger;
  /** The time at which the run began. */
  readonly sinceMs: number;
  readonly nowMs: number;
}

export async function summarise(
  ports: { readonly store: ObjectStore; readonly prices: SpotPrices },
  { progress, ledger, sinceMs, nowMs }: SummaryInput,
  signal: AbortSignal,
): Promise<Summary> {
  const uses = ledger.uses(nowMs);
  const { shapes, phases, ...events } = await sumWork(ports.store, progress, signal);
  const taken = ledger.all().filter(({ reclaimed }) => reclaimed);
  const hadNotice = await mapBounded(taken, READS_AT_ONCE, ({ instance }) => sawNotice(ports.store, instance, signal));
  const withNotice = hadNotice.filter(Boolean).length;
  const { job, state, reason, batches, items, maxFailed, dataset, model } = progress;
  return {
    job,
    state,
    ...definedFields({ reason }),
    batches,
    items,
    ...definedFields({ maxFailed }),
    dataset,
    model,
    seconds: (nowMs - sinceMs) / 1000,
    instances: uses.length,
    reclaims: { total: taken.length, withNotice, withoutNotice: taken.length - withNotice },
    events,
    shapes: groupShapes(Object.values(shapes), state),
    phases: groupPhases(Object.values(phases)),
    cost: costOf(uses, await pricesOf(uses, ports.prices, signal)),
  };
}

async function sawNotice(store: ObjectStore, instance: string, signal: AbortSignal): Promise<boolean> {
  for await (const event of readInstanceEvents(store, instance, signal)) {
    if (event.code === 'notice' && event.kind === 'interruption') return true;
  }
  return false;
}
