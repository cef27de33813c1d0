/**
 * Notifies people of a job's end and of troubles that need a person, once each, however many controllers there are.
 *
 * Invariants: only the holder of a notice's claim sends the notice. A claim is created, or taken over from a holder that never sent it; it is marked as
 * told only after the notice was sent. So a controller that dies in between costs a late notice, never a lost one. A stack with an address posts the end
 * there, too (post-ends.ts): the claim says that the post is due, so ends of before the stack had an address are not posted.
 */
import { type EndEntry, endOf } from '../../../core/contract/ends.js';
import { attentionKey, notifiedKey } from '../../../core/contract/keys.js';
import {
  decodeNoticeClaim,
  type DuePost,
  encodeNoticeClaim,
  MOST_CLAIM_BYTES,
  type NoticeClaim,
} from '../../../core/contract/notice-claim.js';
import { definedFields } from '../../../core/defined-fields.js';
import { mapBounded } from '../../../core/map-bounded.js';
import type { Notice, Notifier, ObjectStore } from '../../ports.js';
import { JSON_TYPE, type Kind, readObject } from '../json-objects.js';
import type { ControllerMemory } from '../memory.js';
import type { ControllerEvent, ControllerEventCode } from '../report.js';

/** Ends whose post is due, each under its job and number. */
export type DuePosts = Map<string, { readonly job: string; readonly end: EndEntry; readonly post: DuePost }>;

export interface NotifyContext {
  readonly store: ObjectStore;
  /** Absent when the stack has no topic. */
  readonly notifier?: Notifier;
  /** The ends that are still to be posted, which the caller keeps from pass to pass. Absent when the stack has no address. */
  readonly duePosts?: DuePosts;
  /** The stack's name, for the subject. */
  readonly stack: string;
  readonly nowMs: () => number;
  readonly signal: AbortSignal;
}

/** The troubles that only a person can mend. */
const NEEDS_ATTENTION: ReadonlySet<ControllerEventCode> = new Set([
  'raise-refused',
  'switch-not-armed',
  'fleet-gone',
  'shortage',
  'instance-overdue',
  'instances-cut-off',
  'post-given-up',
]);
const JOBS_AT_ONCE = 4;

/** Sending takes a second: the holder of a claim this old has died. */
const CLAIM_MS = 300_000;

export const NOTICE_CLAIM: Kind<NoticeClaim> = {
  name: 'a claim of a notice',
  mostBytes: MOST_CLAIM_BYTES,
  decode: decodeNoticeClaim,
};

/** The caller keeps `notified` from pass to pass: its ends need no further look. A job that was resumed and ended again has another end. */
export async function notifyOfEnds(
  { ends }: Pick<ControllerMemory, 'ends'>,
  notified: Set<string>,
  context: NotifyContext,
): Promise<void> {
  const left: { readonly job: string; readonly end: EndEntry; readonly name: string }[] = [];
  for (const [job, read] of ends) {
    const end = endOf(read.ends);
    const name = `${job} ${end?.number ?? 0}`;
    // The person who cancelled a job knows.
    if (end !== undefined && end.state !== 'cancelled' && !notified.has(name)) left.push({ job, end, name });
  }
  // The failure of one job is thrown only after the notices of the others were sent.
  const failures: unknown[] = [];
  await mapBounded(left, JOBS_AT_ONCE, async ({ job, end, name }) => {
    try {
      const notice = noticeOfEnd(context.stack, job, end);
      const told = await once(notifiedKey(job), context, notice, end.number);
      if (told === undefined) return;
      const { post, failure } = told;
      if (post !== undefined && post.over === undefined) context.duePosts?.set(name, { job, end, post });
      if (failure === undefined) notified.add(name);
      else failures.push(failure.error);
    } catch (error) {
      context.signal.throwIfAborted();
      failures.push(error);
    }
  });
  if (failures.length > 0) throw failures[0];
}

export const needsAttention = ({ code }: ControllerEvent): boolean => NEEDS_ATTENTION.has(code);

/** Each trouble is sent once a day. Returns the events that another controller has claimed and not sent yet, for another look. */
export async function notifyOfTrouble(
  events: readonly ControllerEvent[],
  context: NotifyContext,
): Promise<readonly ControllerEvent[]> {
  if (context.notifier === undefined) return [];
  const unsent: ControllerEvent[] = [];
  for (const event of events.filter(needsAttention)) {
    const day = new Date(context.nowMs()).toISOString().slice(0, 10);
    const told = await once(attentionKey(event.code, day), context, {
      subject: `spotpool ${context.stack} needs attention: ${event.code}`,
      text: `${event.message}\n\nspotpool fleet\n`,
    });
    if (told?.failure !== undefined) throw told.failure.error;
    if (told === undefined) unsent.push(event);
  }
  return unsent;
}

function noticeOfEnd(stack: string, job: string, { state, reason }: EndEntry): Notice {
  const goOn = state === 'complete' ? '' : `spotpool resume ${job}\n`;
  return {
    subject: `spotpool ${stack}: job ${job} ${state === 'complete' ? `is complete${countsIn(reason)}` : 'failed'}`,
    text: `${reason}\n\nspotpool status ${job}\nspotpool results ${job}\n${goOn}`,
  };
}

/** A complete job may have failed items: the subject says how many. */
function countsIn(reason: string): string {
  const counts = /\d+ items? ok, \d+ failed/.exec(reason)?.[0];
  return counts === undefined ? '' : ` (${counts})`;
}

interface Told {
  /** The post of the end, when the stack has an address. */
  readonly post?: DuePost;
  /** Present when the notice could not be sent: it is tried again later. The post does not wait for that. */
  readonly failure?: { readonly error: unknown };
}

/**
 * Resolves with undefined while another controller sends the notice, and otherwise when it was sent, by this controller or another one. With `end`, the notice
 * is of the job's end of this number: the claim of an earlier end is taken over, and a claim of a later one says that nobody waits for this notice any more.
 */
async function once(key: string, context: NotifyContext, notice: Notice, end?: number): Promise<Told | undefined> {
  const { store, notifier, duePosts, nowMs, signal } = context;
  const at = new Date(nowMs()).toISOString();
  const write = (claim: NoticeClaim, condition: { ifNoneMatch: true } | { ifMatch: string }) =>
    store.put(key, encodeNoticeClaim(claim), { signal, contentType: JSON_TYPE, ...condition });
  const newPost = end === undefined || duePosts === undefined ? undefined : NEW_POST;
  let mine: NoticeClaim = { at, ...definedFields({ end, post: newPost }) };
  let claimed = await write({ at, ...definedFields({ end }) }, { ifNoneMatch: true });
  if (claimed.kind !== 'written') {
    const stored = await readObject(store, key, NOTICE_CLAIM, signal);
    if (stored === undefined) return undefined;
    const claim = stored.value;
    const claimedEnd = claim?.end ?? 1;
    if (claimedEnd > (end ?? 1)) return {};
    const isOfThis = claimedEnd === (end ?? 1);
    if (isOfThis && claim?.told) return definedFields({ post: claim.post });
    // A damaged claim has no holder: it is taken over.
    if (isOfThis && claim !== undefined && nowMs() - Date.parse(claim.at) < CLAIM_MS) return undefined;
    const post = isOfThis ? claim?.post : undefined;
    mine = { ...mine, ...definedFields({ post }) };
    claimed = await write({ at, ...definedFields({ end, post }) }, { ifMatch: stored.etag });
    if (claimed.kind !== 'written') return undefined;
  }
  try {
    await notifier?.notify(notice, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (mine.post !== undefined) await write(mine, { ifMatch: claimed.etag });
    return { failure: { error }, ...definedFields({ post: mine.post }) };
  }
  await write({ ...mine, told: true }, { ifMatch: claimed.etag });
  return definedFields({ post: mine.post });
}

const NEW_POST: DuePost = { tries: 0 };
