/**
 * `fleet/controller.json` names the controller function that is at work. A reclaim of many instances wakes a function for each notice; those that find
 * another one at work leave their look to it and end. It is written with If-None-Match, then with If-Match. S3's clock tells how fresh it is.
 *
 * Invariants:
 * - A function leaves its look to another only by reading `again`, or by writing it, in a mark that is fresh and not free.
 * - The holder removes `again` only by a write of its own, after it has read it, and owes a pass then.
 * - The holder frees the mark before it ends, and begins the pass that it owes after that. So each look that was left to it is followed by a pass.
 * - A holder that dies owes its pass for ever. The schedule, which leaves nothing to others, does one within a minute.
 */
import { count, decode, flag, object, optional, text } from './shape.js';

/** A holder renews its mark after a pass, and at most so often. */
export const MARK_RENEWED_AFTER_MS = 5_000;
/** After this silence the holder is thought dead, or its pass hangs: others work again. */
export const MARK_FRESH_MS = 20_000;

export interface ControllerMark {
  /** A random text that identifies one invocation. */
  readonly id: string;
  /** It grows with each write of the holder, so that each has an ETag of its own. */
  readonly beat: number;
  /** The holder ends: who comes now must work. */
  readonly free: boolean;
  /** Somebody left a look to the holder. That write renewed the object, so it says when the holder itself was heard of last, by S3's clock. */
  readonly again?: { readonly heardAtMs: number };
}

export const MOST_CONTROLLER_MARK_BYTES = 4 * 1024;

const mark = object<ControllerMark>({
  id: text(256),
  beat: count,
  free: flag,
  again: optional(object<NonNullable<ControllerMark['again']>>({ heardAtMs: count })),
});

export const encodeControllerMark = (value: ControllerMark): string => `${JSON.stringify(value)}\n`;

/** Returns undefined for a damaged mark: then nobody is at work. */
export const decodeControllerMark = (json: string | Uint8Array): ControllerMark | undefined => decode(mark, json);
