/**
 * Notifies people of a job's end and of troubles that need a person, once each, however many controllers there are.
 *
 * Invariants: only the holder of a notice's claim sends the notice. A claim is created, or taken over from a holder that never sent it; it is marked as
 * told only after the notice was sent. So a controller that dies in between costs a late notice, never a lost one.
 */
import type { DoneMark } from '../../../core/contract/job.js';
import { attentionKey, doneKey, notifiedKey } from '../../../core/contract/keys.js';
import { decodeNoticeClaim, MOST_CLAIM_BYTES, type NoticeClaim } from '../../../core/contract/notice-claim.js';
import { mapBounded } from '../../../core/map-bounded.js';
import type { Notice, Notifier, ObjectStore } from '../../ports.js';
import { getObject, JSON_TYPE, type Kind, readObject, toJson } from '../json-objects.js';
import { DONE_MARK } from '../observe/read-job.js';
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
]);
const JOBS_AT_ONCE = 4;

/** Sending takes a second: the holder of a claim this old has died. */
const CLAIM_MS = 300_000;

const CLAIM: Kind<NoticeClaim> = {
  name: 'a claim of a notice',
  mostBytes: MOST_CLAIM_BYTES,
  decode: decodeNoticeClaim,
};

/** The caller keeps `notified` from pass to pass: its jobs need no further look. */
export async function notifyOfEnds(
  { ended }: ControllerMemory,
  notified: Set<string>,
  context: NotifyContext,
): Promise<void> {
  const left = [...ended].filter((job) => !notified.has(job));
  // The failure of one job is thrown only after the notices of the others were sent.
  const failures: unknown[] = [];
  await mapBounded(left, JOBS_AT_ONCE, async (job) => {
    try {
      if (await isNotified(job, context)) notified.add(job);
    } catch (error) {
      context.signal.throwIfAborted();
      failures.push(error);
    }
  });
  if (failures.length > 0) throw failures[0];
}

async function isNotified(job: string, context: NotifyContext): Promise<boolean> {
  const done = await getObject(context.store, doneKey(job), DONE_MARK, context.signal);
  // A cancelled job has no such mark: the person who cancelled it knows.
  return done === undefined || (await once(notifiedKey(job), context, noticeOfEnd(context.stack, job, done)));
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

function noticeOfEnd(stack: string, job: string, { state, reason }: DoneMark): Notice {
  return {
    subject: `spotpool ${stack}: job ${job} ${state === 'complete' ? `is complete${countsIn(reason)}` : 'failed'}`,
    text: `${reason}\n\nspotpool status ${job}\nspotpool results ${job}\n`,
  };
}

/** A complete job may have failed items: the subject says how many. */
function countsIn(reason: string): string {
  const counts = /\d+ items? ok, \d+ failed/.exec(reason)?.[0];
  return counts === undefined ? '' : ` (${counts})`;
}

/** Returns true when the notice has been sent, by this controller or another one. */
async function once(key: string, context: NotifyContext, notice: Notice): Promise<boolean> {
  const { store, notifier, nowMs, signal } = context;
  const at = new Date(nowMs()).toISOString();
  const write = (claim: NoticeClaim, condition: { ifNoneMatch: true } | { ifMatch: string }) =>
    store.put(key, toJson(claim), { signal, contentType: JSON_TYPE, ...condition });
  let claimed = await write({ at }, { ifNoneMatch: true });
  if (claimed.kind !== 'written') {
    const stored = await readObject(store, key, CLAIM, signal);
    if (stored === undefined) return false;
    const claim = stored.value;
    if (claim?.told) return true;
    // A damaged claim has no holder: it is taken over.
    if (claim !== undefined && nowMs() - Date.parse(claim.at) < CLAIM_MS) return false;
    claimed = await write({ at }, { ifMatch: stored.etag });
    if (claimed.kind !== 'written') return false;
  }
  await notifier.notify(notice, signal);
  await write({ at, told: true }, { ifMatch: claimed.etag });
  return true;
}
