/** Names the next steps after a job that did not end well, each in a line with its command. */
import { judgeJob } from '../../../core/pool/success.js';
import type { StackFlags } from '../../cli/stack-options.js';
import type { JobProgress } from '../../controller/report.js';
import { canBeResumed } from '../../status/job-state.js';
import { stackArguments } from './command-lines.js';
import { resumeText } from './resume.js';

/** `own` is true when the job's local cloud and the model's logs end with the command. */
export function nextStep(
  progress: Pick<JobProgress, 'job' | 'state' | 'batches' | 'items' | 'maxFailed' | 'instanceHours'>,
  { own, flags }: { readonly own: boolean; readonly flags: StackFlags },
): string | undefined {
  const { job, state, batches } = progress;
  if (judgeJob(progress) === 'success') return undefined;
  if (own) {
    if (state === 'cancelled') return undefined;
    return 'To read all logs of the model: run "spotpool local up", then the same command again, then "spotpool logs <job> --local".';
  }
  const where = stackArguments(flags);
  const results = `To fetch the finished results: spotpool results ${job}${where}`;
  const logs = `To read all logs of the model: spotpool logs ${job}${where}`;
  return [
    ...(state !== 'cancelled' ? [logs] : batches.done === 0 ? [] : [results]),
    ...(canBeResumed(progress) ? [resumeText(progress, where)] : []),
  ].join('\n');
}
