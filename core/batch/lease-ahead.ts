/**
 * How many batches a worker holds ahead of its slots: enough that a slot never waits for the network, and no more, because a batch that waits here is one
 * that an idle worker could have run.
 *
 * A batch is asked for when its slot will be free about when it has arrived. So long batches are leased one at a time, shortly before the end of the
 * one in hand, and short ones by the dozen. What nobody can foresee (the pace is not known yet, a slot is overdue) gets one batch ahead at most, or
 * none.
 *
 * A batch that waits here all the same, because a slot has turned out slower than its pace, is handed back for one reason alone: another worker may be idle.
 * While the queue has work none is, so nothing goes back before the queue was seen empty, or the batch has waited for long.
 */

/** What is measured in requests varies: a request may take this many times as long as they do on the whole. */
const LEAD_FACTOR = 2;
/** For what no measure of the past tells: a request that was retried, a pause of the process. */
const LEAD_MARGIN_MS = 50;
/** Leases for so much more time are taken in one call, so that short batches share calls. */
const REFILL_MS = 100;
/** Nothing is held that could not be started within this time, or within twice the lead where fetching takes longer. */
const LEAST_BOUND_MS = 2_000;
/** More at once make each fetch slower, which would ask for still more; past this, batches are so short that overhead is all that matters. */
export const MOST_AHEAD_PER_SLOT = 32;
/** Batches of no time at all are no measure. */
const LEAST_MS_PER_BATCH = 0.1;
/** A pace that wavers from batch to batch sends nothing back. */
const GIVE_BACK_AFTER_MS = 500;
/** The queue may have become empty since it was last asked; and no batch of a small job is kept behind a slow item of a large one. */
const GIVE_BACK_ANYWAY_AFTER_MS = 5_000;
/** Estimates are looked at again this often while something is held by them. */
const LOOK_AGAIN_MS = 500;
const LEAST_LOOK_MS = 5;

export interface LeaseAheadView {
  /** When each slot needs its next batch, from now. 0: it is idle. Undefined: its pace is not known yet. Infinity: nobody can tell. */
  readonly freeInMs: readonly (number | undefined)[];
  /** Measured time of one batch in one slot. */
  readonly msPerBatch: number | undefined;
  /** Measured time from asking for a batch until it can be computed: receive and fetch. */
  readonly leadMs: number;
  /** Held, and not given to a slot yet. */
  readonly ahead: number;
  /** Asked for in polls that are open. */
  readonly asked: number;
  /** The instance may be taken soon: nothing is fetched ahead. */
  readonly atRisk: boolean;
}

export interface LeaseAhead {
  /** So many more now. */
  readonly ask: number;
  /** So many of those ahead could not be started within the bound: they are handed back if `mayGiveBack`. */
  readonly surplus: number;
  /** Decide again then, also when nothing has happened. */
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
  const most = view.freeInMs.length * MOST_AHEAD_PER_SLOT;
  const isDue = coming < Math.min(most, startableWithin(view, lowMs));
  const ask = isDue ? Math.min(most, startableWithin(view, highMs)) - coming : 0;
  const surplus = Math.max(0, ahead - startableWithin(view, boundMs));
  return { ask, surplus, againInMs: nextLookMs(view, lowMs) };
}

export function boundOf(leadMs: number): number {
  return Math.max(LEAST_BOUND_MS, LEAD_FACTOR * leadMs);
}

/** How many batches, one after another in each slot, start by then. */
export function startableWithin(view: LeaseAheadView, withinMs: number): number {
  const { atRisk, freeInMs } = view;
  let batches = 0;
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
  /** A slot waits for a model that is being loaded, as every instance of a job does at its start. */
  readonly modelIsLoading: boolean;
}

/** Whether a batch that cannot be started soon is handed back. */
export function mayGiveBack({ heldForMs, queueWasEmpty, modelIsLoading }: WaitingView): boolean {
  if (queueWasEmpty) return heldForMs >= GIVE_BACK_AFTER_MS;
  return !modelIsLoading && heldForMs >= GIVE_BACK_ANYWAY_AFTER_MS;
}

function furtherWithin(msPerBatch: number | undefined, ms: number): number {
  return msPerBatch === undefined ? 0 : Math.floor(ms / atLeast(msPerBatch));
}

const atLeast = (msPerBatch: number): number => Math.max(LEAST_MS_PER_BATCH, msPerBatch);

/** When the next batch's start comes within `lowMs`. */
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
  /** Of its slot; undefined before its first slice. */
  readonly msPerItem: number | undefined;
  /** Since the slot began with the batch, or last finished an item of it. */
  readonly sinceProgressMs: number;
}

/** When a slot will be free. What is overdue by more than the bound is not believed any longer, so that nothing waits behind it. */
export function freeInMs({ itemsLeft, msPerItem, sinceProgressMs }: WorkInHand, boundMs: number): number | undefined {
  if (msPerItem === undefined) return sinceProgressMs <= boundMs ? undefined : Infinity;
  const leftMs = itemsLeft * msPerItem - sinceProgressMs;
  if (leftMs >= 0) return leftMs;
  return -leftMs <= boundMs ? 0 : Infinity;
}
