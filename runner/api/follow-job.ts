/** Follows a job to its end and until no instance is left, as `watch` does. */
import { definedFields } from '../../core/defined-fields.js';
import { Follower } from '../follow/follower.js';
import { summaryOf } from '../follow/job-summary.js';
import { hasEnded } from '../status/job-state.js';
import type { JobProgress } from '../controller/report.js';
import type { Display } from '../display/events.js';
import type { JobSummary } from '../display/views.js';
import { readJobProgress } from '../status/job-status.js';
import { summarise } from '../status/summary.js';
import type { OpenedStack } from './world.js';

export interface Following {
  readonly display: Pick<Display, 'show'>;
  /** Says what to do next, for people. */
  readonly next?: (progress: JobProgress) => string | undefined;
  /** It runs beside the wait for the last instances, and the summary waits for it. It never rejects. */
  readonly onEnd?: (ended: JobProgress) => Promise<void>;
  readonly signal: AbortSignal;
}

export interface Followed {
  readonly progress: JobProgress;
  /** Absent when the submission has broken off. */
  readonly summary?: JobSummary;
}

/** Resolves with the progress at the end. A submission that is known to have broken off ends it, too: such a job does not end by itself. */
export async function followJob(
  { world: { clock }, ports }: Pick<OpenedStack, 'ports'> & { readonly world: Pick<OpenedStack['world'], 'clock'> },
  start: JobProgress,
  { display, next, onEnd, signal }: Following,
): Promise<Followed> {
  const { job, dataset, model } = start;
  display.show({ event: 'following', job, dataset, model });
  const sinceMs = Date.parse(start.createdAt);
  const follower = new Follower(
    ports,
    clock,
    { show: (event) => display.show(event), close: () => undefined },
    { progress: start, sinceMs },
  );
  const ended = await follower.untilEnded(signal);
  if (ended.brokenOff !== undefined) return { progress: ended };
  const told = onEnd?.(ended);
  const zero = await follower.untilZero(signal);
  // After the early end of a job, workers still commit the batches that they hold.
  const progress = await readJobProgress(ports.store, job, signal);
  const totals = await summarise(ports, { progress, ledger: follower.ledger, sinceMs, nowMs: clock.nowMs() }, signal);
  await told;
  const end = { errors: [], zero, followed: !hasEnded(start), ...definedFields({ next: next?.(progress) }) };
  const summary = summaryOf(totals, end);
  display.show({ event: 'summary', ...summary });
  return { progress, summary };
}
