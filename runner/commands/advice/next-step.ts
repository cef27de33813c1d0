/** Names the next step after a job that did not end well, in one sentence with the command. */
import { judgeJob } from '../../../core/pool/success.js';
import type { StackFlags } from '../../cli/stack-options.js';
import type { JobProgress } from '../../controller/report.js';
import { stackArguments } from './command-lines.js';

/** `own` is true when the job's local cloud and the model's logs end with the command. */
export function nextStep(
  progress: Pick<JobProgress, 'job' | 'state' | 'batches' | 'items' | 'maxFailed'>,
  { own, flags }: { readonly own: boolean; readonly flags: StackFlags },
): string | undefined {
  const { job, state, batches } = progress;
  if (judgeJob(progress) === 'success') return undefined;
  const where = stackArguments(flags);
  if (state === 'cancelled') {
    return own || batches.done === 0 ? undefined : `To fetch the finished results: spotpool results ${job}${where}`;
  }
  return own
    ? 'To read all logs of the model: run "spotpool local up", then the same command again, then "spotpool logs <job> --local".'
    : `To read all logs of the model: spotpool logs ${job}${where}`;
}
