/**
 * Models that take long to be fetched, set up or loaded here, and what other jobs of the pool get meanwhile. Slots are keyed by model: who waits for one
 * model holds up no other.
 *
 * Invariants:
 * - Nothing changes while no other job has work (`fleet/state.json` says which have): a batch of a slow model then waits where its model will be.
 * - Of a job whose model is slow nothing is held but what its slots are loading it for, or one batch: the rest is for instances that have it.
 * - Slots that only load do not count; in their place others are opened, a few at most, and never for a model that is being loaded already.
 */
import type { HeldBatch } from '../batch/held-batch.js';

/** Most models are ready by then, and a slot more is a process more. */
const SLOW_AFTER_MS = 5_000;
/** Each may be another model that never gets ready, in memory beside the others. */
const MOST_SPARE_SLOTS = 3;

export interface SlowModels {
  readonly jobs: ReadonlySet<string>;
  /** Being loaded by slots. */
  readonly modelKeys: ReadonlySet<string>;
  /** Slots that load them. */
  readonly slots: number;
}

const NONE: SlowModels = { jobs: new Set(), modelKeys: new Set(), slots: 0 };

/** `jobsWithWork`: of the whole pool. */
export function slowModels(held: Iterable<HeldBatch>, jobsWithWork: Iterable<string>, nowMs: number): SlowModels {
  const jobs = new Set<string>();
  const modelKeys = new Set<string>();
  let slots = 0;
  for (const batch of held) {
    if (!isSlow(batch, nowMs)) continue;
    jobs.add(batch.message.job);
    const key = batch.loadingModel();
    if (key === undefined) continue;
    modelKeys.add(key);
    slots += 1;
  }
  return [...jobsWithWork].some((job) => !jobs.has(job)) ? { jobs, modelKeys, slots } : NONE;
}

export function isSlow(batch: HeldBatch, nowMs: number): boolean {
  if (batch.stopCause !== undefined) return false;
  const sinceMs = batch.loadingModel() === undefined ? batch.modelAskedAtMs : batch.progressAtMs;
  return sinceMs !== undefined && nowMs - sinceMs >= SLOW_AFTER_MS;
}

/** How many slots there are to be beside the wanted ones. */
export const spareSlots = (slow: SlowModels, wanted: number): number =>
  slow.slots < wanted ? 0 : Math.min(MOST_SPARE_SLOTS, slow.slots - wanted + 1);

/** Batches of jobs with slow models that are held for nothing. */
export function heldForNothing(held: Iterable<HeldBatch>, slow: SlowModels): readonly HeldBatch[] {
  const keeps = new Set<string>();
  const others: HeldBatch[] = [];
  for (const batch of held) {
    const { job } = batch.message;
    if (!slow.jobs.has(job)) continue;
    if (batch.phase === 'computing' || batch.phase === 'committing') keeps.add(job);
    else others.push(batch);
  }
  return others.filter(({ message: { job } }) => {
    if (keeps.has(job)) return true;
    keeps.add(job);
    return false;
  });
}
