/** The state of the slots and of the held batches, as core/batch/lease-ahead.ts needs it to decide. */
import { boundOf, freeInMs, type LeaseAheadView } from '../../core/batch/lease-ahead.js';
import type { PipelinePace } from '../../core/batch/pipeline-pace.js';
import type { HeldBatch } from '../batch/held-batch.js';
import type { SlowModels } from './slow-models.js';

export interface Pipeline {
  readonly held: Iterable<HeldBatch>;
  readonly slots: number;
  readonly pace: PipelinePace;
  /** How many items of different batches a slot works on at once, at least. */
  readonly lanes?: number;
  readonly nowMs: number;
  readonly slow?: SlowModels;
}

export type PipelineView = Omit<LeaseAheadView, 'asked' | 'atRisk'> & { readonly committing: number };

/** The batches that a slot computes together. */
interface InHand {
  itemsLeft: number;
  msPerItem: number | undefined;
  sinceProgressMs: number;
}

export function pipelineView({ held, lanes = 1, slots, pace, nowMs, slow }: Pipeline): PipelineView {
  const { leadMs } = pace;
  const boundMs = boundOf(leadMs);
  const bySlot = new Map<object, InHand>();
  let { itemsPerBatch = lanes, msPerBatch } = pace;
  let ahead = 0;
  let committing = 0;
  for (const batch of held) {
    // A batch that waits for a slow model takes no other batch's place.
    if (batch.phase === 'fetching' || batch.phase === 'waiting')
      ahead += slow?.jobs.has(batch.message.job) === true ? 0 : 1;
    else if (batch.phase === 'committing') committing += 1;
    // A finished batch keeps its phase for a moment after the next batch has got its slot.
    else if (batch.phase === 'computing' && batch.itemsLeft > 0) {
      addTo(bySlot, batch, nowMs);
      itemsPerBatch = batch.message.items;
      const msPerItem = batch.slot?.msPerItem;
      if (msPerItem !== undefined) msPerBatch ??= msPerItem * itemsPerBatch;
    }
  }
  const inHand = [...bySlot.values()];
  const free = inHand.map((work) => freeOf(work, lanes, boundMs));
  // If every slot is only loading, no pace is known: the pace of other models says nothing about this one. A slot
  // beside them that computes does give a pace.
  if (inHand.length > 0 && inHand.every(({ msPerItem }) => msPerItem === undefined)) msPerBatch = undefined;
  const missing = (items: number): number => Math.max(0, Math.ceil((lanes - items) / itemsPerBatch) - 1);
  let atOnce = 0;
  for (const { itemsLeft, msPerItem } of inHand) if (msPerItem !== undefined) atOnce += missing(itemsLeft);
  for (; free.length < slots; free.push(0)) atOnce += missing(0);
  // A slot that is no longer wanted ends its batch, so its free time does not count.
  free.length = slots;
  return { freeInMs: free, atOnce, msPerBatch, leadMs, ahead, committing };
}

function addTo(bySlot: Map<object, InHand>, batch: HeldBatch, nowMs: number): void {
  const { itemsLeft, slot } = batch;
  const sinceProgressMs = nowMs - batch.progressAtMs;
  const work = bySlot.get(slot ?? batch);
  if (work === undefined) bySlot.set(slot ?? batch, { itemsLeft, msPerItem: slot?.msPerItem, sinceProgressMs });
  else {
    work.itemsLeft += itemsLeft;
    work.sinceProgressMs = Math.min(work.sinceProgressMs, sinceProgressMs);
  }
}

/** A slot that works on several items at once is free for the next batch when it has too few for all of its lanes. */
function freeOf({ itemsLeft, msPerItem, sinceProgressMs }: InHand, lanes: number, boundMs: number): number | undefined {
  if (msPerItem !== undefined && itemsLeft < lanes) return 0;
  return freeInMs({ itemsLeft: itemsLeft - lanes + 1, msPerItem, sinceProgressMs }, boundMs);
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
