/** Sentences and commands that say how to go on with a job that has ended, or with a submission that broke off. */
import type { JobProgress } from '../../controller/report.js';
import { hoursToResumeWith } from '../../status/job-state.js';
import { isNameOfSeveral } from '../../dataset/dataset-name.js';
import { count, plural } from '../../display/format.js';
import type { JobEnded } from '../../submit/ended-job.js';
import { shellWord } from './command-lines.js';

/** Follows the sentence that says how the job ended. `where` holds the options that name the same stack again. */
export function adviceAfterEnd({ ended }: JobEnded, where: string): string {
  const { job, state, batches } = ended;
  const fetch = `spotpool results ${job}${where}`;
  const anew = 'To compute the dataset again, choose another --id, or leave --id out.';
  if (state === 'complete') return `To fetch its results: ${fetch}\n${anew}`;
  const some = `${count(batches.done)} of ${plural(batches.total, 'batch', 'batches')} are done. To fetch what they hold: ${fetch}\n`;
  return `${batches.done === 0 ? 'No batch of it is done. ' : some}${resumeText(ended, where)}\n${anew}`;
}

/** A guard that is used up must be raised, or the resume is refused. */
export function resumeText({ job, instanceHours }: Pick<JobProgress, 'job' | 'instanceHours'>, where: string): string {
  const hours = hoursToResumeWith(instanceHours);
  const raised = hours === undefined ? '' : ` --max-instance-hours ${hours}`;
  return `To compute the batches that are left: spotpool resume ${job}${where}${raised}`;
}

/** The line leaves most options out. They are in the shell's history, and a submission with other options is refused. */
export const resumeSubmitText = (
  { job, dataset, model }: Pick<JobProgress, 'job' | 'dataset' | 'model'>,
  where: string,
): string =>
  `To go on, run the same command again with the same options: spotpool submit ${isNameOfSeveral(dataset) ? '<dataset…>' : shellWord(dataset)} --model ${shellWord(model)} --id ${job}${where} …`;
