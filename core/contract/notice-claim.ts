/** The claim of a notice to people (`notified.json` of a job, and `fleet/attention/…`): its holder sends the notice (runner/controller/act/notify.ts). */
import { decode, instant, just, object, optional } from './shape.js';

export interface NoticeClaim {
  readonly at: string;
  readonly told?: true;
}

export const MOST_CLAIM_BYTES = 4 * 1024;

const noticeClaim = object<NoticeClaim>({ at: instant, told: optional(just(true)) });

export const decodeNoticeClaim = (json: string | Uint8Array): NoticeClaim | undefined => decode(noticeClaim, json);
