/** What is foreseen of the slots and of what is held: the view that core/batch/lease-ahead.ts decides by. */
import { boundOf, freeInMs, type LeaseAheadView } from '../../core/batch/lease-ahead.js';
import type { PipelinePace } from '../../core/batch/pipeline-pace.js';
import type { HeldBatch } from '../batch/held-batch.js';
import type { SlowModels } from './slow-models.js';

export interface Pipeline {
  readonly held: Iterable<HeldBatch>;
  readonly slots: number;
  readonly pace: PipelinePace;
  readonly nowMs: number;
  readonly slow?: SlowModels;
}

export type Foreseen = Omit<LeaseAheadView, 'asked' | 'atRisk'> & { readonly committing: number };

export function foresee({ held, slots, pace, nowMs, slow }: Pipeline): Foreseen {
  const { leadMs } = pace;
  const boundMs = boundOf(leadMs);
  const free: (number | undefined)[] = [];
  let { msPerBatch } = pace;
  let ahead = 0;
  let committing = 0;
  let loading = 0;
  for (const batch of held) {
    // A batch that waits for a slow model takes no other batch's place.
    if (batch.phase === 'fetching' || batch.phase === 'waiting')
      ahead += slow?.jobs.has(batch.message.job) === true ? 0 : 1;
    else if (batch.phase === 'committing') committing += 1;
    // What is done keeps its phase for a moment after the next batch has got its slot.
    else if (batch.phase === 'computing' && batch.itemsLeft > 0) {
      const msPerItem = batch.msPerItem();
      const sinceProgressMs = nowMs - batch.progressAtMs;
      free.push(freeInMs({ itemsLeft: batch.itemsLeft, msPerItem, sinceProgressMs }, boundMs));
      if (msPerItem === undefined) loading += 1;
      else msPerBatch ??= msPerItem * batch.message.items;
    }
  }
  // The pace of other models says nothing of one that is only being loaded; that of slots beside it does.
  if (loading > 0 && loading === free.length) msPerBatch = undefined;
  while (free.length < slots) free.push(0);
  // A slot that is not wanted any more ends its batch.
  free.length = slots;
  return { freeInMs: free, msPerBatch, leadMs, ahead, committing };
}

/** Commits are short; when they are not (S3 has trouble) no more work is taken meanwhile. */
export function mostCommitting({ freeInMs, leadMs, msPerBatch }: Foreseen): number {
  const leastPerSlot = 2;
  const mostPerSlot = 64;
  const perSlot = msPerBatch === undefined ? leastPerSlot : Math.ceil(boundOf(leadMs) / Math.max(1, msPerBatch));
  return freeInMs.length * Math.min(mostPerSlot, Math.max(leastPerSlot, perSlot));
}
