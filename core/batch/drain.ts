/** Decides for a batch in a slot, during a drain (R3): finish it in the time that is left, or save its finished items. */

export interface DrainView {
  /** The time until the instance is taken, or must have ended. */
  readonly timeLeftMs: number;
  /** The measured pace; undefined before the first slice. */
  readonly msPerItem: number | undefined;
  readonly itemsLeft: number;
}

export interface DrainDecision {
  readonly action: 'finish' | 'save';
  /** A clause for people, in lower case and without a full stop. */
  readonly reason: string;
}

/** The time kept free to write the finished items and hand the batch back: two small requests, with room for a retry. */
export const SAVE_RESERVE_MS = 1_500;

/** Without a notice, too, finished items that are so much work are saved. A save costs one request, and a batch of a minute or less should cost none. */
export const UNSAVED_WORK_MS = 60_000;

/** Items differ: the pace measured on some items may be this much too fast for the rest. */
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
