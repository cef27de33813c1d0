/**
 * Notifies people of a job's end and of troubles that need a person, once each, however many controllers there are.
 *
 * Invariants: only the holder of a notice's claim sends the notice. A claim is created, or taken over from a holder that never sent it; it is marked as
 * told only after the notice was sent. So a controller that dies in between costs a late notice, never a lost one.
 */
import { type EndEntry, endOf } from '../../../core/contract/ends.js';
import { attentionKey, notifiedKey } from '../../../core/contract/keys.js';
import {
  decodeNoticeClaim,
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

export interface NotifyContext {
  readonly store: ObjectStore;
  readonly notifier: Notifier;
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
]);
const JOBS_AT_ONCE = 4;

/** Sending takes a second: the holder of a claim this old has died. */
const CLAIM_MS = 300_000;

const CLAIM: Kind<NoticeClaim> = {
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
      if (await once(notifiedKey(job), context, notice, end.number)) notified.add(name);
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
  const unsent: ControllerEvent[] = [];
  for (const event of events.filter(needsAttention)) {
    const day = new Date(context.nowMs()).toISOString().slice(0, 10);
    const isSent = await once(attentionKey(event.code, day), context, {
      subject: `spotpool ${context.stack} needs attention: ${event.code}`,
      text: `${event.message}\n\nspotpool fleet\n`,
    });
    if (!isSent) unsent.push(event);
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

/**
 * Returns true when the notice has been sent, by this controller or another one. With `end`, the notice is of the job's end of this number: the claim of an
 * earlier end is taken over, and a claim of a later one says that nobody waits for this notice any more.
 */
async function once(key: string, context: NotifyContext, notice: Notice, end?: number): Promise<boolean> {
  const { store, notifier, nowMs, signal } = context;
  const at = new Date(nowMs()).toISOString();
  const write = (claim: NoticeClaim, condition: { ifNoneMatch: true } | { ifMatch: string }) =>
    store.put(key, encodeNoticeClaim(claim), { signal, contentType: JSON_TYPE, ...condition });
  const mine = { at, ...definedFields({ end }) };
  let claimed = await write(mine, { ifNoneMatch: true });
  if (claimed.kind !== 'written') {
    const stored = await readObject(store, key, CLAIM, signal);
    if (stored === undefined) return false;
    const claim = stored.value;
    const claimedEnd = claim?.end ?? 1;
    if (claimedEnd > (end ?? 1)) return true;
    const isOfThis = claimedEnd === (end ?? 1);
    if (isOfThis && claim?.told) return true;
    // A damaged claim has no holder: it is taken over.
    if (isOfThis && claim !== undefined && nowMs() - Date.parse(claim.at) < CLAIM_MS) return false;
    claimed = await write(mine, { ifMatch: stored.etag });
    if (claimed.kind !== 'written') return false;
  }
  await notifier.notify(notice, signal);
  await write({ ...mine, told: true }, { ifMatch: claimed.etag });
  return true;
}
