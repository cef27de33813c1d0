/**
 * Decides what the answer of a receiver means, and when a notification is tried again. Pure.
 *
 * Invariant: whatever was accepted is never sent again, and what another try would not change is not tried again.
 */
import type { DuePost } from '../contract/notice-claim.js';
import { definedFields } from '../defined-fields.js';

export type Answer =
  | { readonly kind: 'answered'; readonly status: number; readonly retryAfterMs?: number }
  /** No answer came. `why` completes a sentence that names the receiver: "it did not answer within 15 s". */
  | { readonly kind: 'silent'; readonly why: string };

export type Verdict =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'retry'; readonly why: string; readonly askedMs?: number }
  | { readonly kind: 'refused'; readonly why: string };

const REQUEST_TIMEOUT = 408;
const TOO_MANY_REQUESTS = 429;

export function verdictOf(answer: Answer): Verdict {
  if (answer.kind === 'silent') return { kind: 'retry', why: answer.why };
  const { status, retryAfterMs } = answer;
  const why = `it answered ${status}`;
  if (status >= 200 && status < 300) return { kind: 'accepted' };
  if (status === REQUEST_TIMEOUT || status === TOO_MANY_REQUESTS || status >= 500) {
    return { kind: 'retry', why, ...definedFields({ askedMs: retryAfterMs }) };
  }
  // A redirect may lead anywhere, and the address is a secret.
  if (status >= 300 && status < 400) return { kind: 'refused', why: `${why}, which is a redirect to another address` };
  return { kind: 'refused', why };
}

/** The tries of a command, whose user waits for it. */
export const MOST_COMMAND_TRIES = 5;
const FIRST_PAUSE_MS = 1_000;
/** A command waits no longer than this between two tries, even when the receiver asks for more. */
const LONGEST_PAUSE_MS = 30_000;

/** The pause after so many tries. `random` in [0, 1) spreads the tries of many commands. */
export function pauseMs(
  tries: number,
  { random, askedMs = 0 }: { readonly random: number; readonly askedMs?: number },
): number {
  const grown = FIRST_PAUSE_MS * 2 ** (tries - 1) * (1 + random);
  return Math.min(LONGEST_PAUSE_MS, Math.max(grown, askedMs));
}

const MINUTE_MS = 60_000;
/** The pauses of a stack after each failed try. Together they take a night, in which a receiver may be mended. */
const STACK_PAUSES_MS = [1, 5, 15, 60, 180, 360, 720].map((minutes) => minutes * MINUTE_MS);
export const MOST_STACK_TRIES = STACK_PAUSES_MS.length + 1;
/** A try takes seconds: a controller that has not finished it after this time has died. */
const TRY_ENDS_WITHIN_MS = 300_000;

export type PostStep =
  | { readonly kind: 'over' }
  | { readonly kind: 'later'; readonly atMs: number }
  | { readonly kind: 'give-up' }
  /** The claim with which the try begins. */
  | { readonly kind: 'try'; readonly claim: DuePost };

export function postStep({ tries, notBefore, over }: DuePost, nowMs: number): PostStep {
  if (over !== undefined) return { kind: 'over' };
  const atMs = notBefore === undefined ? nowMs : Date.parse(notBefore);
  if (atMs > nowMs) return { kind: 'later', atMs };
  if (tries >= MOST_STACK_TRIES) return { kind: 'give-up' };
  return { kind: 'try', claim: { tries: tries + 1, notBefore: iso(nowMs + TRY_ENDS_WITHIN_MS) } };
}

/** The claim after a try. */
export function afterTry({ tries }: DuePost, verdict: Verdict, nowMs: number): DuePost {
  if (verdict.kind === 'accepted') return { tries, over: 'accepted' };
  if (verdict.kind === 'refused') return { tries, over: 'refused' };
  const pause = STACK_PAUSES_MS[tries - 1];
  if (pause === undefined) return { tries, over: 'given-up' };
  return { tries, notBefore: iso(nowMs + Math.max(pause, verdict.askedMs ?? 0)) };
}

const iso = (ms: number): string => new Date(ms).toISOString();
