/**
 * Builds the record of a job (core/record/job-record.ts) from the bucket: the manifest, the ends, the counts, the history of the pool, and one summary of
 * each worker. So its cost goes with the instances of the job, and not with its batches.
 */
import type { Manifest } from '../../core/contract/job.js';
import { endOf } from '../../core/contract/ends.js';
import { costOf } from '../../core/pool/cost.js';
import { definedFields } from '../../core/defined-fields.js';
import type { JobRecord, RecordedCourse, RecordedOutcomes, RecordedWork } from '../../core/record/job-record.js';
import { instancesOf, iso, type JobTime, useOf } from '../../core/record/recorded-instances.js';
import { shownOptions } from '../../core/record/shown-options.js';
import { type JobMemory, newJobMemory } from '../controller/memory.js';
import type { JobView } from '../controller/observe/read-job.js';
import type { ObjectStore, SpotPrices } from '../ports.js';
import { readJobView } from '../status/job-status.js';
import { gapsOf } from './gaps.js';
import { errorsOf } from './outcomes.js';
import { paceOf } from './pace.js';
import { poolOf, wasteOf } from './pool.js';
import { moneyOf } from './money.js';
import { type KnownSummaries, readSources, type RecordSources } from './read-summaries.js';
import { pricesOfJob } from './job-prices.js';
import type { KnownPrices } from './spot-prices.js';

export interface RecordPorts {
  readonly store: ObjectStore;
  readonly prices: SpotPrices;
}

export interface RecordTime {
  readonly nowMs: number;
  readonly signal: AbortSignal;
  /** Whoever builds the record of a job again and again keeps it from one record to the next, so that only what changed is read. */
  readonly memory?: RecordMemory;
  /** The most summaries of workers that are read. Without it, as many as a record lists instances. */
  readonly mostSummaries?: number;
}

export interface RecordMemory {
  readonly job: JobMemory;
  readonly summaries: KnownSummaries;
  readonly prices: KnownPrices;
}

export const newRecordMemory = (): RecordMemory => ({ job: newJobMemory(), summaries: new Map(), prices: new Map() });

export async function buildRecord(
  ports: RecordPorts,
  job: string,
  { nowMs, signal, memory = newRecordMemory(), mostSummaries }: RecordTime,
): Promise<JobRecord> {
  const [view, sources] = await Promise.all([
    readJobView(ports.store, job, signal, memory.job),
    readSources(ports.store, job, { known: memory.summaries, ...definedFields({ mostSummaries }) }, signal),
  ]);
  const time = timeOf(view, nowMs);
  const instances = instancesOf(sources.summaries.found, sources.history, time);
  const uses = instances.map(useOf);
  const prices = await pricesOfJob(ports, { ...time, job, pools: uses, known: memory.prices }, signal);
  const errors = await errorsOf(ports.store, view, sources.summaries.found, signal);
  const pool = await poolOf(ports.store, { instances, sources, prices }, signal);
  const cost = costOf(uses, prices);
  const { name } = view.manifest;
  return {
    version: 1,
    job,
    ...definedFields({ name }),
    builtAt: iso(nowMs),
    what: workOf(view.manifest),
    how: courseOf(view, sources, time),
    outcomes: outcomesOf(view, errors.errors),
    pace: paceOf(view, sources, time),
    pool,
    waste: wasteOf(instances),
    cost: moneyOf(uses, { cost, prices, sharedWith: sources.history?.jobsBeside ?? [] }),
    gaps: gapsOf({ view, sources, instances, errors, cost }),
  };
}

function timeOf({ manifest, ends }: JobView, nowMs: number): JobTime {
  const endedAtMs = Date.parse(endOf(ends.ends)?.at ?? '');
  return {
    createdAtMs: Date.parse(manifest.createdAt),
    nowMs,
    // A time for people may be any text.
    ...(Number.isNaN(endedAtMs) ? {} : { endedAtMs }),
  };
}

function workOf({
  dataset,
  model,
  options,
  series,
  batches,
  batchSizes,
  versions,
  createdAt,
  createdBy,
}: Manifest): RecordedWork {
  const { start, ...rest } = model;
  return {
    dataset,
    model: { ...rest, kind: start.kind },
    options: shownOptions(options),
    ...definedFields({ series }),
    batches,
    ...definedFields({ batchSizes }),
    versions,
    createdAt,
    createdBy,
  };
}

function courseOf(
  { manifest, verdict, ends }: JobView,
  { summaries, reruns }: RecordSources,
  { createdAtMs, endedAtMs, nowMs }: JobTime,
): RecordedCourse {
  const { state, reason } = verdict;
  const first = Math.min(...summaries.found.map(({ firstDoneAtMs = Infinity }) => firstDoneAtMs));
  return {
    state,
    ...definedFields({ reason, parent: manifest.parent }),
    ends: ends.ends.entries,
    reruns: reruns.found,
    ...(Number.isFinite(first) ? { firstOutcomeAt: iso(first) } : {}),
    ...(endedAtMs === undefined ? {} : { endedAt: iso(endedAtMs) }),
    seconds: Math.max(0, (endedAtMs ?? nowMs) - createdAtMs) / 1000,
  };
}

function outcomesOf({ manifest, facts }: JobView, errors: RecordedOutcomes['errors']): RecordedOutcomes {
  const { batches, items } = facts.progress;
  return {
    items: { total: manifest.dataset.items, ...items },
    batches: { total: manifest.batches, done: batches.done, givenUp: batches.failed },
    errors,
  };
}
