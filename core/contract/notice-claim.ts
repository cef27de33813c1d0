/** The claim of a notice to people (`notified.json` of a job, and `fleet/attention/…`): its holder sends the notice (runner/controller/act/notify.ts). */
import { MOST_ENTRIES } from './ends.js';
import { decode, instant, integer, just, object, oneOf, optional } from './shape.js';

/** The post of the notice to the stack's address, which begins once the notice was told (runner/controller/act/post-ends.ts). */
export interface DuePost {
  /** The tries that were begun. */
  readonly tries: number;
  /** Until then nobody tries: a controller is at it, or waits after a failure. */
  readonly notBefore?: string;
  /** How it ended. Absent while it is due. */
  readonly over?: 'accepted' | 'refused' | 'given-up';
}

export interface NoticeClaim {
  readonly at: string;
  readonly told?: true;
  /** The number of the job's end in its list (core/contract/ends.ts). Claims of older versions are of the first end and have none. */
  readonly end?: number;
  /** Absent when the stack had no address when the notice was told: then nothing is posted. */
  readonly post?: DuePost;
}

export const MOST_CLAIM_BYTES = 4 * 1024;

/** More tries than any version makes. */
const MOST_TRIES = 1_000;

const duePost = object<DuePost>({
  tries: integer(0, MOST_TRIES),
  notBefore: optional(instant),
  over: optional(oneOf<NonNullable<DuePost['over']>>({ accepted: true, refused: true, 'given-up': true })),
});

const noticeClaim = object<NoticeClaim>({
  at: instant,
  told: optional(just(true)),
  end: optional(integer(1, MOST_ENTRIES)),
  post: optional(duePost),
});

export const encodeNoticeClaim = (claim: NoticeClaim): string => `${JSON.stringify(claim)}\n`;

export const decodeNoticeClaim = (json: string | Uint8Array): NoticeClaim | undefined => decode(noticeClaim, json);
