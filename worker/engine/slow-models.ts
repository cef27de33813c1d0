/**
 * Finds models that take long to be fetched, set up or loaded on this instance, and what other jobs get meanwhile.
 * Slots are keyed by model, so a batch that waits for one model holds up no batch of another.
 *
 * Invariants:
 * - Nothing changes while no other job has work (`fleet/state.json` says which jobs have work): the batches of a slow
 *   model then wait here.
 * - Of a job with a slow model the worker holds only the batches in slots that load the model, or one batch. The rest
 *   is left to instances that have the model.
 * - Slots that only load do not count. A few slots are opened in their place, and none of them for a model that is
 *   being loaded already.
 */
import type { HeldBatch } from '../batch/held-batch.js';

/** Most models are ready by then, and every further slot is a further process. */
const SLOW_AFTER_MS = 5_000;
/** A spare slot may load yet another model that never gets ready, and each takes memory. */
const MAX_SPARE_SLOTS = 3;

export interface SlowModels {
  readonly jobs: ReadonlySet<string>;
  /** The models that slots are loading. */
  readonly modelKeys: ReadonlySet<string>;
  /** The number of slots that load these models. */
  readonly slots: number;
}

const NONE: SlowModels = { jobs: new Set(), modelKeys: new Set(), slots: 0 };

/** `jobsWithWork` names the jobs with work in the whole pool. */
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

/** How many slots to open beyond the wanted ones. */
export const spareSlots = (slow: SlowModels, wanted: number): number =>
  slow.slots < wanted ? 0 : Math.min(MAX_SPARE_SLOTS, slow.slots - wanted + 1);

/** The batches of jobs with slow models that are held in vain. */
export function heldInVain(held: Iterable<HeldBatch>, slow: SlowModels): readonly HeldBatch[] {
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
