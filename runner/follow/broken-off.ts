/** Says that the submission of a job broke off. */
import type { JobProgress } from '../controller/report.js';
import { count, plural } from '../display/format.js';

/** Describes a job that has `brokenOff`. The submission counts its batches now and then, so the queue may hold a few more. */
export function brokenOffText({ job, brokenOff, batches }: JobProgress): string {
  const { sent = 0, heardAt = '' } = brokenOff ?? {};
  const rest =
    sent === 0
      ? `none of its ${plural(batches.total, 'batch', 'batches')} is known to be in the queue`
      : `at least ${count(sent)} of its ${plural(batches.total, 'batch', 'batches')} are in the queue; the others wait until the submission is continued`;
  return `The submission of job ${job} broke off (last heard of at ${heardAt}): ${rest}.`;
}
