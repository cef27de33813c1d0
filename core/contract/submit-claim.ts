/**
 * `jobs/<job>/input/submit.json` names the submit that is at work on a job, so that a second submit of the same id follows the first instead of
 * repeating its work. It is written with If-None-Match, then with If-Match. Its holder writes it again with each beat, so that S3's clock shows how long
 * the holder has been silent. No laptop's clock is used.
 */
import { count, decode, flag, object, text, words } from './shape.js';

/** A beat costs little beside an upload, and five beats fit into the shortest bound below. */
export const CLAIM_BEAT_MS = 3_000;
/** After this silence another submit takes over. If the first one is still alive, it notices at its next beat, and follows the other. */
export const TAKE_OVER_AFTER_MS = 15_000;
/** After this silence a submit is reported as broken off. It is longer than a slow network's silence or a laptop's short sleep. */
export const BROKEN_OFF_AFTER_MS = 60_000;

export interface SubmitClaim {
  /** A random text that identifies one submit. */
  readonly id: string;
  /** The user who submits, for people. */
  readonly by: string;
  readonly beat: number;
  /** Its holder has stopped before all batches were sent: another submit need not wait. */
  readonly stopped: boolean;
}

/** Longer texts are cut when they are written. */
const MAX_TEXT = 256;

export const encodeSubmitClaim = ({ id, by, beat, stopped }: SubmitClaim): string =>
  `${JSON.stringify({ id, by: by.slice(0, MAX_TEXT), beat, stopped })}\n`;

const claim = object<SubmitClaim>({ id: text(MAX_TEXT), by: words(MAX_TEXT), beat: count, stopped: flag });

export const MOST_CLAIM_BYTES = 4 * 1024;

/** Returns undefined when it is not a claim: then nobody holds the job. */
export const decodeSubmitClaim = (json: string | Uint8Array): SubmitClaim | undefined => decode(claim, json);

/** The standing of a job whose batches are not all sent yet. */
export interface SubmitStanding {
  /** When the submit was last heard of, by S3's clock. */
  readonly heardAtMs: number;
  /** The submit ended before all batches were sent, or has been silent for longer than a live submit would be. */
  readonly brokenOff: boolean;
}

/** `heardAtMs` is the time of the submit's newest write. Without a claim (an older spotpool's submit) only the silence counts. */
export function submitStanding(
  claim: Pick<SubmitClaim, 'stopped'> | undefined,
  { heardAtMs, nowMs }: { readonly heardAtMs: number; readonly nowMs: number },
): SubmitStanding {
  return { heardAtMs, brokenOff: claim?.stopped === true || nowMs - heardAtMs >= BROKEN_OFF_AFTER_MS };
}
