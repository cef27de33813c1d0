/** The state of the slots and of the held batches, as core/batch/lease-ahead.ts needs it to decide. */
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

export type PipelineView = Omit<LeaseAheadView, 'asked' | 'atRisk'> & { readonly committing: number };

export function pipelineView({ held, slots, pace, nowMs, slow }: Pipeline): PipelineView {
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
    // A finished batch keeps its phase for a moment after the next batch has got its slot.
    else if (batch.phase === 'computing' && batch.itemsLeft > 0) {
      const msPerItem = batch.msPerItem();
      const sinceProgressMs = nowMs - batch.progressAtMs;
      free.push(freeInMs({ itemsLeft: batch.itemsLeft, msPerItem, sinceProgressMs }, boundMs));
      if (msPerItem === undefined) loading += 1;
      else msPerBatch ??= msPerItem * batch.message.items;
    }
  }
  // If every slot is only loading, no pace is known: the pace of other models says nothing about this one. A slot
  // beside them that computes does give a pace.
  if (loading > 0 && loading === free.length) msPerBatch = undefined;
  while (free.length < slots) free.push(0);
  // A slot that is no longer wanted ends its batch, so its free time does not count.
  free.length = slots;
  return { freeInMs: free, msPerBatch, leadMs, ahead, committing };
}

/**
 * How many batches may be committing before polling stops. Commits are short; if they are not, S3 has trouble, and no
 * more work is taken meanwhile.
 */
export function maxCommitting({ freeInMs, leadMs, msPerBatch }: PipelineView): number {
  const leastPerSlot = 2;
  const mostPerSlot = 64;
  const perSlot = msPerBatch === undefined ? leastPerSlot : Math.ceil(boundOf(leadMs) / Math.max(1, msPerBatch));
  return freeInMs.length * Math.min(mostPerSlot, Math.max(leastPerSlot, perSlot));
}
