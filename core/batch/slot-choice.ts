/** Matches waiting batches with idle slots. Slots are keyed by model, because loading a model is expensive. */

export interface WaitingBatch {
  readonly modelKey: string;
  /** How often a later batch went before this one. */
  readonly passedOver: number;
}

export interface IdleSlot {
  readonly modelKey: string | undefined;
  readonly lastUsedMs: number;
}

export interface SlotChoice {
  readonly waiting: number;
  readonly slot: number;
}

/** A batch of another model is passed over only so often: a stream of batches of one job must not starve another job. */
export const MAX_PASSED_OVER = 8;

/** Returns indexes into both lists, or undefined when either is empty. The oldest waiting batch is first. */
export function chooseSlot(waiting: readonly WaitingBatch[], idle: readonly IdleSlot[]): SlotChoice | undefined {
  const [oldest] = waiting;
  if (oldest === undefined || idle.length === 0) return undefined;
  if (oldest.passedOver < MAX_PASSED_OVER) {
    for (const [index, batch] of waiting.entries()) {
      const slot = idle.findIndex((candidate) => candidate.modelKey === batch.modelKey);
      if (slot >= 0) return { waiting: index, slot };
    }
  }
  return { waiting: 0, slot: slotFor(oldest.modelKey, idle) };
}

/** Prefers a slot that has the model, then one that has none, then the longest unused. */
function slotFor(modelKey: string, idle: readonly IdleSlot[]): number {
  const loaded = idle.findIndex((slot) => slot.modelKey === modelKey);
  if (loaded >= 0) return loaded;
  const empty = idle.findIndex((slot) => slot.modelKey === undefined);
  if (empty >= 0) return empty;
  let longest = 0;
  for (const [index, slot] of idle.entries()) {
    if (slot.lastUsedMs < (idle[longest]?.lastUsedMs ?? Infinity)) longest = index;
  }
  return longest;
}

/** Returns the GPU with the fewest slots; the first of several. `inUse` has the GPU of each slot. */
export function leastUsedGpu(gpus: readonly string[], inUse: readonly (string | undefined)[]): string | undefined {
  let best: string | undefined;
  let least = Infinity;
  for (const gpu of gpus) {
    const slots = inUse.filter((used) => used === gpu).length;
    if (slots < least) [best, least] = [gpu, slots];
  }
  return best;
}

export interface ClosableSlot {
  readonly modelKey: string | undefined;
  readonly gpu?: string | undefined;
}

/**
 * Returns the index of the idle slot to close: a loaded model is worth more than an empty slot, and a GPU with several
 * slots loses one of them before another GPU loses its only one.
 */
export function slotToClose(idle: readonly ClosableSlot[], inUse: readonly (string | undefined)[]): number {
  const empty = idle.findIndex(({ modelKey }) => modelKey === undefined);
  if (empty >= 0) return empty;
  const shares = idle.map(({ gpu }) => inUse.filter((used) => gpu !== undefined && used === gpu).length);
  return Math.max(0, shares.indexOf(Math.max(...shares)));
}
