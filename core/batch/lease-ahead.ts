/**
 * Decides how many batches a worker holds ahead of its slots: enough that a slot never waits for the network, and no more, because an idle worker could
 * run a batch that waits here.
 *
 * A batch is requested so that it arrives at about the time when its slot becomes free. So long batches are leased one at a time, shortly before the end
 * of the batch in the slot, and short ones by the dozen. Where the time cannot be predicted (the pace is not known yet, a slot is overdue), at most one
 * batch is leased ahead, or none.
 *
 * If a slot turns out slower than its pace, a batch may wait here all the same. It is handed back only because another worker may be idle. While the
 * queue has work, no worker is idle, so nothing is handed back before the queue was seen empty, or the batch has waited for long.
 */

/** Requests vary: one may take this many times as long as the average. */
const LEAD_FACTOR = 2;
/** A margin for delays that no measurement predicts: a request that is retried, a pause of the process. */
const LEAD_MARGIN_MS = 50;
/** Leases for this much more time are taken in one call, so that short batches share calls. */
const REFILL_MS = 100;
/** No batch is held that could not be started within this time, or within twice the lead where fetching takes longer. */
const LEAST_BOUND_MS = 2_000;
/** More batches at once make each fetch slower, which would lead to still more. Past this number batches are so short that only overhead matters. */
export const MOST_AHEAD_PER_SLOT = 32;
/** Shorter measured times count as this, because they would give no useful estimate. */
const LEAST_MS_PER_BATCH = 0.1;
/** This much waiting is normal when the pace varies from batch to batch. */
const HAND_BACK_AFTER_MS = 500;
/** The queue may have become empty since the last poll. And no batch of a small job may wait long behind a slow item of a large job. */
const HAND_BACK_ANYWAY_AFTER_MS = 5_000;
/** Estimates are checked again this often while batches are held because of them. */
const LOOK_AGAIN_MS = 500;
const LEAST_LOOK_MS = 5;

export interface LeaseAheadView {
  /** The time until each slot needs its next batch. 0: it is idle. Undefined: its pace is not known yet. Infinity: it cannot be predicted. */
  readonly freeInMs: readonly (number | undefined)[];
  /** How many further batches the free slots could start at once, because they work on several items at once. */
  readonly atOnce?: number;
  /** The measured time of one batch in one slot. */
  readonly msPerBatch: number | undefined;
  /** The measured time from the request for a batch until it can be computed: receive and fetch. */
  readonly leadMs: number;
  /** The number of batches that are held and not in a slot yet. */
  readonly ahead: number;
  /** The number of batches requested in open polls. */
  readonly asked: number;
  /** The instance may be taken soon: no batch is fetched ahead. */
  readonly atRisk: boolean;
}

export interface LeaseAhead {
  /** The number of batches to request now. */
  readonly ask: number;
  /** The number of held batches that could not be started within the bound: they are handed back if `mayHandBack`. */
  readonly surplus: number;
  /** Decide again after this time, even when nothing has happened. */
  readonly againInMs: number;
}

export function decideLeaseAhead(view: LeaseAheadView): LeaseAhead {
  const { ahead, asked, atRisk, leadMs } = view;
  if (atRisk) {
    const idle = startableWithin(view, 0);
    return { ask: Math.max(0, idle - ahead - asked), surplus: 0, againInMs: LOOK_AGAIN_MS };
  }
  const boundMs = boundOf(leadMs);
  const lowMs = Math.min(boundMs, leadMs * LEAD_FACTOR + LEAD_MARGIN_MS);
  const highMs = Math.min(boundMs, lowMs + REFILL_MS);
  const coming = ahead + asked;
  const most = view.freeInMs.length * MOST_AHEAD_PER_SLOT + (view.atOnce ?? 0);
  const isDue = coming < Math.min(most, startableWithin(view, lowMs));
  const ask = isDue ? Math.min(most, startableWithin(view, highMs)) - coming : 0;
  const surplus = Math.max(0, ahead - startableWithin(view, boundMs));
  return { ask, surplus, againInMs: nextLookMs(view, lowMs) };
}

export function boundOf(leadMs: number): number {
  return Math.max(LEAST_BOUND_MS, LEAD_FACTOR * leadMs);
}

/** Returns how many batches start within the time, one after another in each slot. */
export function startableWithin(view: LeaseAheadView, withinMs: number): number {
  const { atOnce = 0, atRisk, freeInMs } = view;
  let batches = atOnce;
  let unknown = 0;
  for (const freeMs of freeInMs) {
    if (freeMs === undefined) unknown = 1;
    else if (freeMs <= withinMs) batches += 1 + (atRisk ? 0 : furtherWithin(view.msPerBatch, withinMs - freeMs));
  }
  return batches + (atRisk ? 0 : unknown);
}

export interface WaitingView {
  readonly heldForMs: number;
  readonly queueWasEmpty: boolean;
  /** A slot waits for a model that is being loaded, as happens on every instance at the start of a job. */
  readonly modelIsLoading: boolean;
}

/** Decides whether a batch that cannot be started soon is handed back. */
export function mayHandBack({ heldForMs, queueWasEmpty, modelIsLoading }: WaitingView): boolean {
  if (queueWasEmpty) return heldForMs >= HAND_BACK_AFTER_MS;
  return !modelIsLoading && heldForMs >= HAND_BACK_ANYWAY_AFTER_MS;
}

function furtherWithin(msPerBatch: number | undefined, ms: number): number {
  return msPerBatch === undefined ? 0 : Math.floor(ms / atLeast(msPerBatch));
}

const atLeast = (msPerBatch: number): number => Math.max(LEAST_MS_PER_BATCH, msPerBatch);

/** Returns the time until the start of the next batch comes within `lowMs`. */
function nextLookMs({ freeInMs, msPerBatch }: LeaseAheadView, lowMs: number): number {
  let nextMs = LOOK_AGAIN_MS;
  for (const freeMs of freeInMs) {
    if (freeMs === undefined) continue;
    if (freeMs > lowMs) nextMs = Math.min(nextMs, freeMs - lowMs);
    else if (msPerBatch !== undefined) nextMs = Math.min(nextMs, msPerBatch - ((lowMs - freeMs) % atLeast(msPerBatch)));
  }
  return Math.max(LEAST_LOOK_MS, Math.ceil(nextMs));
}

export interface WorkInHand {
  readonly itemsLeft: number;
  /** The slot's pace; undefined before its first slice. */
  readonly msPerItem: number | undefined;
  /** The time since the slot began with the batch, or last finished an item of it. */
  readonly sinceProgressMs: number;
}

/** Returns the time until a slot is free. An estimate that is overdue by more than the bound no longer counts, so that no batch waits behind it. */
export function freeInMs({ itemsLeft, msPerItem, sinceProgressMs }: WorkInHand, boundMs: number): number | undefined {
  if (msPerItem === undefined) return sinceProgressMs <= boundMs ? undefined : Infinity;
  const leftMs = itemsLeft * msPerItem - sinceProgressMs;
  if (leftMs >= 0) return leftMs;
  return -leftMs <= boundMs ? 0 : Infinity;
}
