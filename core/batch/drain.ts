/** What a drain means for a batch that is being computed (R3): finish it in the time that is left, or save what is done. */

export interface DrainView {
  /** Until the instance is taken, or has to have ended. */
  readonly timeLeftMs: number;
  /** Measured; undefined before the first slice. */
  readonly msPerItem: number | undefined;
  readonly itemsLeft: number;
}

export interface DrainDecision {
  readonly action: 'finish' | 'save';
  /** For people, lower case, without a full stop. */
  readonly reason: string;
}

/** Kept free to write what is done and hand the batch back: two small requests, with room for a retry. */
export const SAVE_RESERVE_MS = 1_500;

/** Items differ: a pace that is measured on some may be this much too good for the rest. */
const PACE_MARGIN = 1.25;

export function decideDrain(view: DrainView): DrainDecision {
  const usableMs = view.timeLeftMs - SAVE_RESERVE_MS;
  if (usableMs <= 0) return { action: 'save', reason: 'there is no time left' };
  if (view.itemsLeft === 0) return { action: 'finish', reason: 'every item is done' };
  if (view.msPerItem === undefined) return { action: 'save', reason: 'its pace is not known yet' };
  const neededMs = Math.ceil(view.itemsLeft * view.msPerItem * PACE_MARGIN);
  const sum = `its ${view.itemsLeft} items left need about ${neededMs} ms, and ${usableMs} ms are left`;
  return { action: neededMs <= usableMs ? 'finish' : 'save', reason: sum };
}
