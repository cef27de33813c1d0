/** The pool of a job, and the work and time that brought no result. */
import { definedFields } from '../../core/defined-fields.js';
import { mapBounded } from '../../core/map-bounded.js';
import { dollarsOf } from '../../core/pool/cost.js';
import type { RecordedPool, RecordedWaste } from '../../core/record/job-record.js';
import { iso, type JobInstance, notComputing, recordedInstance, useOf } from '../../core/record/recorded-instances.js';
import type { ObjectStore } from '../ports.js';
import { SilentLeases } from '../status/silent-leases.js';
import { handBacksOf } from '../status/work-totals.js';
import { readInstanceEvents } from '../status/worker-events.js';
import type { RecordSources } from './read-summaries.js';

const MOST_INSTANCES = 5_000;
/** The phases of all instances together: a page draws so many bars at once. */
const MOST_PHASES = 20_000;
/** A lane of a timeline shows no more. */
const MOST_PHASES_OF_INSTANCE = 250;
const FEWEST_PHASES_OF_INSTANCE = 8;
/** The marks of hand-backs of all instances together. */
const MOST_HAND_BACKS = 10_000;
/** Instances whose own events are read, because they were taken before they had a summary. */
const MOST_LOOKED_AT = 50;
const LOOKS_AT_ONCE = 8;

export async function poolOf(
  store: ObjectStore,
  {
    instances,
    sources: { losses, history },
    prices,
  }: {
    readonly instances: readonly JobInstance[];
    readonly sources: RecordSources;
    readonly prices: ReadonlyMap<string, number>;
  },
  signal: AbortSignal,
): Promise<RecordedPool> {
  const shown = instances.slice(0, MOST_INSTANCES);
  const mostPhases = Math.max(
    FEWEST_PHASES_OF_INSTANCE,
    Math.min(MOST_PHASES_OF_INSTANCE, Math.floor(MOST_PHASES / Math.max(1, shown.length))),
  );
  const reclaimed = instances.filter(({ end }) => end === 'reclaimed');
  const noticed = await noticedOf(store, reclaimed, signal);
  const withNotice = reclaimed.filter(({ instance }) => noticed.has(instance)).length;
  return {
    instances: shown.map((of) =>
      recordedInstance(of, {
        mostPhases,
        mostHandBacks: Math.ceil(MOST_HAND_BACKS / shown.length),
        lossesAtMs: losses.found.filter(({ instance }) => instance === of.instance).map(({ atMs }) => atMs),
        ...definedFields({ dollars: of.seconds === undefined ? undefined : dollarsOf(useOf(of), prices) }),
      }),
    ),
    fleet: (history?.points ?? []).map(({ atMs, target, fulfilled, left }) => ({
      at: iso(atMs),
      target,
      fulfilled,
      batchesLeft: left,
    })),
    notices: instances.filter(({ noticeAtMs }) => noticeAtMs !== undefined).length,
    reclaims: { withNotice, withoutNotice: reclaimed.length - withNotice },
    handBacks: instances.reduce((sum, { summary }) => sum + (summary === undefined ? 0 : handBacksOf(summary)), 0),
    losses: losses.found.length,
  };
}

/** Instances that saw a notice. One without a summary may have seen it before its first batch. */
async function noticedOf(
  store: ObjectStore,
  reclaimed: readonly JobInstance[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const noticed = new Set(
    reclaimed.filter(({ noticeAtMs }) => noticeAtMs !== undefined).map(({ instance }) => instance),
  );
  const unknown = reclaimed.filter(({ summary }) => summary === undefined).slice(0, MOST_LOOKED_AT);
  await mapBounded(unknown, LOOKS_AT_ONCE, async ({ instance }) => {
    for await (const event of readInstanceEvents(store, instance, signal)) {
      if (event.code === 'notice' && event.kind === 'interruption') noticed.add(instance);
    }
  });
  return noticed;
}

export function wasteOf(instances: readonly JobInstance[]): RecordedWaste {
  const summaries = instances.flatMap(({ summary }) => summary ?? []);
  const silent = new SilentLeases();
  for (const summary of summaries) silent.addSummary(summary);
  return {
    duplicateItems: summaries.reduce((sum, one) => sum + one.duplicateItems + one.leaseLostItems, 0),
    lostItemsAtMost: silent.itemsAtMost(),
    ...(summaries.length === 0
      ? {}
      : { notComputingSeconds: instances.reduce((sum, instance) => sum + notComputing(instance), 0) }),
  };
}
