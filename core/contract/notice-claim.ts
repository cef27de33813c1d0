/** The claim of a notice to people (`notified.json` of a job, and `fleet/attention/…`): its holder sends the notice (runner/controller/act/notify.ts). */
import { MOST_ENTRIES } from './ends.js';
import { decode, instant, integer, just, object, optional } from './shape.js';

export interface NoticeClaim {
  readonly at: string;
  readonly told?: true;
  /** The number of the job's end in its list (core/contract/ends.ts). Claims of older versions are of the first end and have none. */
  readonly end?: number;
}

export const MOST_CLAIM_BYTES = 4 * 1024;

const noticeClaim = object<NoticeClaim>({
  at: instant,
  told: optional(just(true)),
  end: optional(integer(1, MOST_ENTRIES)),
});

export const encodeNoticeClaim = (claim: NoticeClaim): string => `${JSON.stringify(claim)}\n`;

export const decodeNoticeClaim = (json: string | Uint8Array): NoticeClaim | undefined => decode(noticeClaim, json);
