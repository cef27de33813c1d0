/**
 * `jobs/<job>/input/submit.json` says which submit is at work on a job, so that a second one of the same id follows the first instead of
 * doing everything twice. It is written with If-None-Match, then with If-Match; its holder writes it anew with each beat, so
 * that S3's clock tells how long the holder has been silent. No clock of a laptop is believed.
 */
import { count, decode, flag, object, text, words } from './shape.js';

/** Small beside any upload; five of them fit into the shortest bound. */
export const CLAIM_BEAT_MS = 3_000;
/** Another submit takes over after so long a silence. If the first is alive after all, it notices at its next beat, and follows. */
export const TAKE_OVER_AFTER_MS = 15_000;
/** People are told that a submit broke off: long enough that neither a slow network nor a short sleep of the laptop is called so. */
export const BROKEN_OFF_AFTER_MS = 60_000;

export interface SubmitClaim {
  /** Names one submit; random. */
  readonly id: string;
  /** For people: who submits. */
  readonly by: string;
  readonly beat: number;
  /** Its holder has stopped before all was sent: nobody need wait. */
  readonly stopped: boolean;
}

/** Longer names tell nothing more. */
const MAX_TEXT = 256;

export const encodeSubmitClaim = ({ id, by, beat, stopped }: SubmitClaim): string =>
  `${JSON.stringify({ id, by: by.slice(0, MAX_TEXT), beat, stopped })}\n`;

const claim = object<SubmitClaim>({ id: text(MAX_TEXT), by: words(MAX_TEXT), beat: count, stopped: flag });

export const MOST_CLAIM_BYTES = 4 * 1024;

/** Undefined when it is none: then nobody holds the job. */
export const decodeSubmitClaim = (json: string | Uint8Array): SubmitClaim | undefined => decode(claim, json);

/** How a job stands whose batches are not all sent yet. */
export interface SubmitStanding {
  /** When the submit was last heard of, by S3's clock. */
  readonly heardAtMs: number;
  /** It ended before all was sent, or has been silent for longer than any live one is. */
  readonly brokenOff: boolean;
}

/** `heardAtMs`: the newest write of the submit. Without a claim (an older spotpool's submit) silence alone tells. */
export function submitStanding(
  claim: Pick<SubmitClaim, 'stopped'> | undefined,
  { heardAtMs, nowMs }: { readonly heardAtMs: number; readonly nowMs: number },
): SubmitStanding {
  return { heardAtMs, brokenOff: claim?.stopped === true || nowMs - heardAtMs >= BROKEN_OFF_AFTER_MS };
}
