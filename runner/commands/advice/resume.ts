/** How to go on with a job that has ended, or whose submit broke off: sentences and commands for people. */
import type { JobProgress } from '../../controller/report.js';
import { count, plural } from '../../display/format.js';
import { shellQuote } from '../../local-cloud/user-data.js';
import type { JobEnded } from '../../submit/ended-job.js';

/** A word of a command line, quoted where a shell would read it otherwise. */
export const shellWord = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : shellQuote(text));

/** Under the sentence that says how it ended. `where`: the options that name the same stack again. */
export function adviceAfterEnd({ ended }: JobEnded, where: string): string {
  const { job, state, batches } = ended;
  const fetch = `spotpool results ${job}${where}`;
  const anew = 'To compute the dataset anew, choose another --id, or give none.';
  if (state === 'complete') return `To fetch its results: ${fetch}\n${anew}`;
  const some = `${count(batches.done)} of ${plural(batches.total, 'batch', 'batches')} are done. To fetch what they hold: ${fetch}\n`;
  return `${batches.done === 0 ? 'No batch of it is done. ' : some}${anew}`;
}

/** Only for jobs of which `brokenOff` is said. How many were sent is counted now and then: a few more may be in the queue. */
export function brokenOffText({ job, brokenOff, batches }: JobProgress): string {
  const { sent = 0, heardAt = '' } = brokenOff ?? {};
  const rest =
    sent === 0
      ? `none of its ${plural(batches.total, 'batch', 'batches')} is known to be in the queue`
      : `at least ${count(sent)} of its ${plural(batches.total, 'batch', 'batches')} were put into the queue; the others are not computed before a submit goes on`;
  return `The submit of job ${job} broke off (it was last heard of at ${heardAt}): ${rest}.`;
}

/** The options of a job are many; they are in the shell's history, and what differs is refused. */
export const resumeSubmitText = (
  { job, dataset, model }: Pick<JobProgress, 'job' | 'dataset' | 'model'>,
  where: string,
): string =>
  `To go on, give the same command again, with the same options: spotpool submit ${shellWord(dataset)} --model ${shellWord(model)} --id ${job}${where} …`;
