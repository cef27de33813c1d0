/** The programs' way to follow a job: its events as an asynchronous iterable. */
import { brokenOffText } from '../follow/broken-off.js';
import { newsNow } from '../follow/news.js';
import { plural } from '../display/format.js';
import type { RunEvent } from '../display/events.js';
import { CommandFailed } from '../errors.js';
import { joinSignals } from '../signals.js';
import { readJobProgress } from '../status/job-status.js';
import { EventQueue } from './event-queue.js';
import { followJob } from './follow-job.js';
import type { JobEvent } from './types.js';
import type { OpenedStack } from './world.js';

/** The consumer may leave the loop at any time. Then following has stopped when the loop is left, and the job goes on. */
export async function* follow(
  stack: OpenedStack,
  job: string,
  outer: AbortSignal,
): AsyncGenerator<JobEvent, void, undefined> {
  const { world, ports } = stack;
  const left = new AbortController();
  const signal = joinSignals([outer, left.signal]);
  const queue = new EventQueue<JobEvent>((lost) =>
    newsNow(
      world.clock,
      'warning',
      'trouble',
      `${plural(lost, 'event')} of the job were left out, because this program reads too slowly.`,
    ),
  );
  const start = await readJobProgress(ports.store, job, signal);
  const at = (): string => new Date(world.clock.nowMs()).toISOString();
  // An event's own time, at which it happened, replaces the time at which it is seen.
  const show = (event: RunEvent): void => (isOfFollowing(event) ? queue.push({ at: at(), ...event }) : undefined);
  const following = followJob(stack, start, { display: { show }, signal }).then(
    ({ progress }) => {
      const { brokenOff } = progress;
      queue.end(
        brokenOff && {
          error: new CommandFailed(
            'job-not-ended',
            `${brokenOffText(progress)} To go on, submit it again with the same request.`,
          ),
        },
      );
    },
    (error: unknown) => queue.end({ error }),
  );
  try {
    yield* queue.events();
  } finally {
    left.abort(new Error('nobody follows the job any more'));
    await following;
  }
}

const NAMES: readonly RunEvent['event'][] = [
  'following',
  'progress',
  'happened',
  'ended',
  'waiting-for-zero',
  'summary',
];

const isOfFollowing = (event: RunEvent): event is Extract<RunEvent, { event: JobEvent['event'] }> =>
  NAMES.includes(event.event);
