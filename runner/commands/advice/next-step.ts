/** The next step after a job that did not end well: one sentence with the command. Pure. */
import { judgeJob } from '../../../core/pool/success.js';
import type { StackFlags } from '../../cli/stack-options.js';
import type { JobProgress } from '../../controller/report.js';
import { stackArguments } from './report-interruption.js';

/** `own`: the job's local cloud, and what the model logged, is gone with the command. */
export function nextStep(
  progress: Pick<JobProgress, 'job' | 'state' | 'batches' | 'items' | 'maxFailed'>,
  { own, flags }: { readonly own: boolean; readonly flags: StackFlags },
): string | undefined {
  const { job, state, batches } = progress;
  if (judgeJob(progress) === 'success') return undefined;
  const where = stackArguments(flags);
  if (state === 'cancelled') {
    return own || batches.done === 0 ? undefined : `To fetch what was done before: spotpool results ${job}${where}`;
  }
  return own
    ? 'To read all that the model logs: run "spotpool local up", then the same command again, then "spotpool logs <job> --local".'
    : `To read all that the model logged: spotpool logs ${job}${where}`;
}
