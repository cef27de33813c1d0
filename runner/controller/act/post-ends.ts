/**
 * Posts the ends of jobs to the stack's address, once each, however many controllers there are. What is due stands in the claim of the notice.
 *
 * Invariants:
 * - A try is written into the claim on condition of its ETag before anything is sent, so two controllers never try at the same time.
 * - What was accepted or refused is over. It is sent again only when the controller died before it could write so, and then under the same id.
 * - The tries of an end are bounded, and those that died count, too.
 * - The address is a secret: it is read when something is due, and no event and no object holds any of it.
 */
import type { EndEntry } from '../../../core/contract/ends.js';
import { notifiedKey } from '../../../core/contract/keys.js';
import type { EndFacts } from '../../../core/contract/notification.js';
import { type DuePost, encodeNoticeClaim, type NoticeClaim } from '../../../core/contract/notice-claim.js';
import type { NotifyAddress } from '../../../core/notify/address.js';
import { afterTry, postStep, type Verdict, verdictOf } from '../../../core/notify/delivery.js';
import { mapBounded } from '../../../core/map-bounded.js';
import { messageOf } from '../../errors.js';
import { requestOf } from '../../notify/request.js';
import type { ObjectStore, WebPoster } from '../../ports.js';
import { JSON_TYPE, readObject } from '../json-objects.js';
import type { ControllerEvent, ControllerEventCode } from '../report.js';
import { type DuePosts, NOTICE_CLAIM } from './notify.js';

export interface PostContext {
  readonly store: ObjectStore;
  readonly poster: WebPoster;
  /** Rejects with a reason for people, which holds nothing of the address. */
  readonly readAddress: (signal: AbortSignal) => Promise<NotifyAddress>;
  /** Resolves with undefined when there is nothing to tell of the job any more. */
  readonly readFacts: (job: string, end: EndEntry, signal: AbortSignal) => Promise<EndFacts | undefined>;
  readonly nowMs: () => number;
  readonly signal: AbortSignal;
}

const POSTS_AT_ONCE = 4;
/** The others are posted by the next invocation. So many take no longer than a minute when the receiver does not answer. */
const MOST_POSTS = 12;

/** Tries the posts whose time has come. Those that are over leave `due`. */
export async function postEnds(due: DuePosts, context: PostContext): Promise<readonly ControllerEvent[]> {
  const now = context.nowMs();
  const ready = [...due].filter(([, { post }]) => postStep(post, now).kind !== 'later').slice(0, MOST_POSTS);
  const events = await mapBounded(ready, POSTS_AT_ONCE, async ([name, { job, end }]) => {
    try {
      const { post, event } = await postEnd(job, end, context);
      if (post === undefined || post.over !== undefined) due.delete(name);
      else due.set(name, { job, end, post });
      return event;
    } catch (error) {
      context.signal.throwIfAborted();
      return eventNow(job, context, 'end-not-posted', `The post of the end of job ${job} waits: ${messageOf(error)}`);
    }
  });
  return events.filter((event) => event !== undefined);
}

/** `post` is undefined when nothing is due any more. */
interface Posted {
  readonly post: DuePost | undefined;
  readonly event?: ControllerEvent;
}

async function postEnd(job: string, end: EndEntry, context: PostContext): Promise<Posted> {
  const { store, nowMs, signal } = context;
  const stored = await readObject(store, notifiedKey(job), NOTICE_CLAIM, signal);
  const claim = stored?.value;
  // A job that was removed has no claim, and that of a job that has ended again is of its later end.
  if (stored === undefined || claim?.post === undefined || (claim.end ?? 1) !== end.number) return { post: undefined };
  const step = postStep(claim.post, nowMs());
  if (step.kind === 'over' || step.kind === 'later') return { post: claim.post };
  if (step.kind === 'give-up') {
    const post: DuePost = { ...claim.post, over: 'given-up' };
    const written = await write(store, job, { ...claim, post }, { etag: stored.etag, signal });
    return written === undefined ? { post: claim.post } : { post, event: givenUp(job, context, post, UNFINISHED) };
  }
  const begun = await write(store, job, { ...claim, post: step.claim }, { etag: stored.etag, signal });
  if (begun === undefined) return { post: claim.post };
  const verdict = await tryOnce(job, end, context);
  const post = afterTry(step.claim, verdict, nowMs());
  try {
    await keepOutcome(job, { claim, post, etag: begun }, context);
  } catch {
    // This container knows the outcome all the same. Another one tries again, under the same id.
    signal.throwIfAborted();
  }
  return { post, event: eventOf(job, context, post, verdict) };
}

/** Another controller may send the mail meanwhile, and write so into the claim. */
async function keepOutcome(
  job: string,
  { claim, post, etag }: { readonly claim: NoticeClaim; readonly post: DuePost; readonly etag: string },
  { store, signal }: PostContext,
): Promise<void> {
  if ((await write(store, job, { ...claim, post }, { etag, signal })) !== undefined) return;
  const stored = await readObject(store, notifiedKey(job), NOTICE_CLAIM, signal);
  if (stored?.value === undefined || stored.value.end !== claim.end) return;
  await write(store, job, { ...stored.value, post }, { etag: stored.etag, signal });
}

const UNFINISHED: Verdict = { kind: 'retry', why: 'no controller finished a try' };

/** Returns the new ETag, or undefined when another controller has changed the claim. */
async function write(
  store: ObjectStore,
  job: string,
  claim: NoticeClaim,
  { etag, signal }: { readonly etag: string; readonly signal: AbortSignal },
): Promise<string | undefined> {
  const options = { signal, contentType: JSON_TYPE, ifMatch: etag };
  const written = await store.put(notifiedKey(job), encodeNoticeClaim(claim), options);
  return written.kind === 'written' ? written.etag : undefined;
}

async function tryOnce(job: string, end: EndEntry, context: PostContext): Promise<Verdict> {
  const { poster, readAddress, readFacts, nowMs, signal } = context;
  try {
    const address = await readAddress(signal);
    const facts = await readFacts(job, end, signal);
    if (facts === undefined) return { kind: 'refused', why: 'the job is not there any more' };
    return verdictOf(await poster.post(requestOf(address, facts, nowMs()), signal));
  } catch (error) {
    signal.throwIfAborted();
    return { kind: 'retry', why: messageOf(error) };
  }
}

function eventOf(job: string, context: PostContext, post: DuePost, verdict: Verdict): ControllerEvent {
  if (verdict.kind === 'accepted') {
    return eventNow(job, context, 'end-posted', `The end of job ${job} was posted to the stack's address.`);
  }
  if (post.over !== undefined) return givenUp(job, context, post, verdict);
  return eventNow(
    job,
    context,
    'end-not-posted',
    `The end of job ${job} could not be posted to the stack's address: ${verdict.why}. The next try is at ${post.notBefore ?? ''}.`,
  );
}

function givenUp(job: string, context: PostContext, { tries }: DuePost, verdict: Verdict): ControllerEvent {
  const why = verdict.kind === 'accepted' ? '' : verdict.why;
  return eventNow(
    job,
    context,
    'post-given-up',
    `The end of job ${job} was not posted to the stack's address (${tries === 1 ? '1 try' : `${tries} tries`}): ${why}. ` +
      'Look at the address in the secret of notifySecretArn. The next job that ends is posted to the address that stands there then.',
  );
}

const eventNow = (
  job: string,
  { nowMs }: PostContext,
  code: ControllerEventCode,
  message: string,
): ControllerEvent => ({ at: new Date(nowMs()).toISOString(), code, job, message });
