/**
 * Keeps the history of the pool for each job at work (core/contract/pool-history.ts). It is a view for people: a pass that cannot write it goes on, and no
 * pass waits for more than one put a job each minute.
 *
 * Invariant: after the job's end the history is put at once, and once more when the last of its instances has gone, so that their time is known.
 */
import { endOf, NO_ENDS } from '../../../core/contract/ends.js';
import { historyKey } from '../../../core/contract/keys.js';
import {
  decodePoolHistory,
  encodePoolHistory,
  MOST_HISTORY_BYTES,
  type PoolHistory,
} from '../../../core/contract/pool-history.js';
import { mapBounded } from '../../../core/map-bounded.js';
import { type FleetLook, HistoryTally } from '../../../core/record/history-tally.js';
import type { ObjectStore } from '../../ports.js';
import { isolateJobFailure } from '../isolate-job-failure.js';
import { JSON_TYPE, type Kind, readObject } from '../json-objects.js';
import type { JobView } from '../observe/read-job.js';
import type { HistoryMemory } from '../memory.js';
import type { PassContext } from '../pass-context.js';
import type { Steered } from '../steer-fleet.js';

const JOBS_AT_ONCE = 4;
const PUT_EVERY_MS = 60_000;
/** Idle instances end within minutes of a job's end. Later ends of its instances are found in the workers' summaries. */
const FOLLOW_AFTER_END_MS = 900_000;
/** After so many lost races another controller has written what this one knows. */
const MOST_TRIES = 3;

/** `views` are the jobs of the pass as they stand at its end. */
export async function keepHistories(
  views: readonly JobView[],
  { reading: { description, live }, desired }: Pick<Steered, 'reading' | 'desired'>,
  context: PassContext,
): Promise<void> {
  const { nowMs, memory } = context;
  const isLive = new Set(live.map(({ instance }) => instance));
  const look: FleetLook = {
    atMs: nowMs,
    target: description.target,
    fulfilled: description.fulfilled,
    instances: description.instances.map((seen) => ({ ...seen, isLive: isLive.has(seen.instance) })),
  };
  const working = new Map(views.filter(isAtWork).map((view) => [view.job, view]));
  const isQuiet = look.target === 0 && desired.target === 0 && live.length === 0;
  // A short job may begin and end between two passes.
  const jobs = [...new Set([...views.map(({ job }) => job), ...memory.histories.keys()])];
  await mapBounded(jobs, JOBS_AT_ONCE, async (job) => {
    const view = working.get(job);
    const known = memory.histories.get(job);
    // A job that waits for somebody who raises the fleet may wait for days.
    if (view !== undefined && isQuiet && known?.isQuiet !== false) return;
    // A job that could not be read in this pass has no end yet.
    if (view === undefined && endOf(memory.ends.get(job)?.ends ?? NO_ENDS) === undefined) return;
    const history = known ?? { tally: new HistoryTally(job), putAtMs: nowMs, isQuiet };
    memory.histories.set(job, history);
    const beside = [...working.keys()].filter((other) => other !== job);
    const see = (): void => history.tally.look(look, view === undefined ? 0 : leftOf(view), beside);
    see();
    history.isQuiet = isQuiet;
    const step = nextStep(history, view !== undefined, nowMs);
    if (!step.isDue) return;
    history.putAtMs = nowMs;
    if (step.isLast) memory.histories.delete(job);
    const tries = view === undefined ? MOST_TRIES : 1;
    await isolateJobFailure(context, { job, act: 'recorded' }, () => write(job, history, { see, tries }, context));
  });
}

const isAtWork = ({ verdict: { state } }: JobView): boolean => state === 'running' || state === 'submitting';

const leftOf = ({ manifest, facts }: JobView): number => Math.max(0, manifest.batches - facts.progress.batches.done);

/** Decides whether the history is put now, and whether it is for the last time. */
function nextStep(
  history: HistoryMemory,
  isWorking: boolean,
  nowMs: number,
): { readonly isDue: boolean; readonly isLast: boolean } {
  const justEnded = !isWorking && history.endedAtMs === undefined;
  if (justEnded) history.endedAtMs = nowMs;
  // A resumed job is at work again.
  else if (isWorking) delete history.endedAtMs;
  const { endedAtMs = nowMs, putAtMs, tally } = history;
  const isLast = !isWorking && (tally.isOver || nowMs - endedAtMs >= FOLLOW_AFTER_END_MS);
  return { isDue: justEnded || isLast || nowMs - putAtMs >= PUT_EVERY_MS, isLast };
}

async function write(
  job: string,
  history: HistoryMemory,
  { see, tries }: { readonly see: () => void; readonly tries: number },
  { ports, signal }: PassContext,
): Promise<void> {
  for (let left = tries; left > 0 && !(await put(ports.store, job, history, signal)); left--) {
    await readAgain(ports.store, job, history, signal);
    see();
  }
}

async function put(store: ObjectStore, job: string, history: HistoryMemory, signal: AbortSignal): Promise<boolean> {
  const { etag } = history;
  const written = await store.put(historyKey(job), encodePoolHistory(history.tally.history()), {
    signal,
    contentType: JSON_TYPE,
    ...(etag === undefined ? { ifNoneMatch: true } : { ifMatch: etag }),
  });
  if (written.kind !== 'written') return false;
  history.etag = written.etag;
  return true;
}

/** A damaged history is replaced. */
async function readAgain(store: ObjectStore, job: string, history: HistoryMemory, signal: AbortSignal): Promise<void> {
  const read = await readObject(store, historyKey(job), historyOf(job), signal);
  if (read === undefined) delete history.etag;
  else history.etag = read.etag;
  if (read?.value !== undefined) history.tally.addAll(read.value);
}

export const historyOf = (job: string): Kind<PoolHistory> => ({
  name: `the history of the pool for job ${job}`,
  mostBytes: MOST_HISTORY_BYTES,
  decode: (json) => decodePoolHistory(json, job),
});
