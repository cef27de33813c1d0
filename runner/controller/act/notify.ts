/**
 * Tells people of a job's end, and of what needs a person, once each, however many controllers there are.
 *
 * Invariants: only who holds the claim of a notice (created, or taken over from one that never told) sends it; a claim is marked as
 * told only after it was sent. So a controller that dies in between costs a late notice, never a lost one.
 */
import type { DoneMark } from '../../../core/contract/job.js';
import { attentionKey, doneKey, notifiedKey } from '../../../core/contract/keys.js';
import { decodeNoticeClaim, MOST_CLAIM_BYTES, type NoticeClaim } from '../../../core/contract/notice-claim.js';
import { mapBounded } from '../../../core/map-bounded.js';
import type { Notice, Notifier, ObjectStore } from '../../ports.js';
import { getObject, JSON_TYPE, type Kind, readObject, toJson } from '../json-objects.js';
import { DONE_MARK } from '../observe/read-job.js';
import type { ControllerMemory } from '../ports.js';
import type { ControllerEvent, ControllerEventCode } from '../report.js';

export interface NotifyMeans {
  readonly store: ObjectStore;
  readonly notifier: Notifier;
  /** For the subject: which stack it was. */
  readonly stack: string;
  readonly nowMs: () => number;
  readonly signal: AbortSignal;
}

/** What nobody but a person can mend. */
const NEEDS_ATTENTION: ReadonlySet<ControllerEventCode> = new Set([
  'raise-refused',
  'switch-not-armed',
  'fleet-gone',
  'shortage',
  'instance-overdue',
]);
const JOBS_AT_ONCE = 4;

/** Sending takes a second: a claim this old is of a controller that died. */
const CLAIM_MS = 300_000;

const CLAIM: Kind<NoticeClaim> = {
  name: 'a claim of a notice',
  mostBytes: MOST_CLAIM_BYTES,
  decode: decodeNoticeClaim,
};

/** `told` holds the jobs that need no further look, from pass to pass. */
export async function notifyOfEnds({ ended }: ControllerMemory, told: Set<string>, means: NotifyMeans): Promise<void> {
  const untold = [...ended].filter((job) => !told.has(job));
  // The others are notified first: a failure that concerns one job stays with it.
  const failures: unknown[] = [];
  await mapBounded(untold, JOBS_AT_ONCE, async (job) => {
    try {
      if (await isToldOf(job, means)) told.add(job);
    } catch (error) {
      means.signal.throwIfAborted();
      failures.push(error);
    }
  });
  if (failures.length > 0) throw failures[0];
}

async function isToldOf(job: string, means: NotifyMeans): Promise<boolean> {
  const done = await getObject(means.store, doneKey(job), DONE_MARK, means.signal);
  // A cancelled job has no such mark: who cancelled it knows.
  return done === undefined || (await once(notifiedKey(job), means, noticeOfEnd(means.stack, job, done)));
}

export const needsAttention = ({ code }: ControllerEvent): boolean => NEEDS_ATTENTION.has(code);

/** The same trouble is told once a day. Returns those that somebody else has claimed and not told yet: to be looked at again. */
export async function notifyOfTrouble(
  events: readonly ControllerEvent[],
  means: NotifyMeans,
): Promise<readonly ControllerEvent[]> {
  const untold: ControllerEvent[] = [];
  for (const event of events.filter(needsAttention)) {
    const day = new Date(means.nowMs()).toISOString().slice(0, 10);
    const isTold = await once(attentionKey(event.code, day), means, {
      subject: `spotpool ${means.stack} needs attention: ${event.code}`,
      text: `${event.message}\n\nspotpool fleet\n`,
    });
    if (!isTold) untold.push(event);
  }
  return untold;
}

function noticeOfEnd(stack: string, job: string, { state, reason }: DoneMark): Notice {
  return {
    subject: `spotpool ${stack}: job ${job} ${state === 'complete' ? `is complete${countsIn(reason)}` : 'failed'}`,
    text: `${reason}\n\nspotpool status ${job}\nspotpool results ${job}\n`,
  };
}

/** Complete is no success yet: how many items are. */
function countsIn(reason: string): string {
  const counts = /\d+ items? ok, \d+ failed/.exec(reason)?.[0];
  return counts === undefined ? '' : ` (${counts})`;
}

/** True when the notice has been sent, by whomever. */
async function once(key: string, means: NotifyMeans, notice: Notice): Promise<boolean> {
  const { store, notifier, nowMs, signal } = means;
  const at = new Date(nowMs()).toISOString();
  const write = (claim: NoticeClaim, condition: { ifNoneMatch: true } | { ifMatch: string }) =>
    store.put(key, toJson(claim), { signal, contentType: JSON_TYPE, ...condition });
  let claimed = await write({ at }, { ifNoneMatch: true });
  if (claimed.kind !== 'written') {
    const stored = await readObject(store, key, CLAIM, signal);
    if (stored === undefined) return false;
    const claim = stored.value;
    if (claim?.told) return true;
    // A claim that says nothing is nobody's: it is taken over.
    if (claim !== undefined && nowMs() - Date.parse(claim.at) < CLAIM_MS) return false;
    claimed = await write({ at }, { ifMatch: stored.etag });
    if (claimed.kind !== 'written') return false;
  }
  await notifier.notify(notice, signal);
  await write({ at, told: true }, { ifMatch: claimed.etag });
  return true;
}
