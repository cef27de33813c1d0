/**
 * `jobs/<job>/input/submit.json` says which submit is at work on a job, so that a second one of the same id follows the first instead of
 * doing everything twice. It is written with If-None-Match, then with If-Match; its holder writes it anew with each beat, so
 * that S3's clock tells how long the holder has been silent. No clock of a laptop is believed.
 */

/** Small beside any upload; five of them fit into the shortest bound. */
export const CLAIM_BEAT_MS = 3_000;
/** Another submit takes over after so long a silence. If the first is alive after all, it notices at its next beat, and follows. */
export const TAKE_OVER_AFTER_MS = 15_000;
/** People are told that a submit broke off: long enough that neither a slow network nor a short sleep of the laptop is called so. */
export const BROKEN_OFF_AFTER_MS = 60_000;

export interface SubmitClaim {
  /** Of one submit; random. */
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

/** Undefined when it is none: then nobody holds the job. */
export function decodeSubmitClaim(text: string): SubmitClaim | undefined {
  const value = parsed(text);
  if (typeof value !== 'object' || value === null) return undefined;
  const { id, by, beat, stopped } = value as Readonly<Record<string, unknown>>;
  if (typeof id !== 'string' || typeof by !== 'string' || id.length > MAX_TEXT || by.length > MAX_TEXT)
    return undefined;
  if (!Number.isSafeInteger(beat) || typeof stopped !== 'boolean') return undefined;
  return { id, by, beat: beat as number, stopped };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

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
