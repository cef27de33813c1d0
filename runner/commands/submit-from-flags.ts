/** Submits a job from the options of a command, and says how to go on with a job that has ended already. */
import type { CliContext, StackPorts } from '../cli/context.js';
import { requireDataset, type Submission, type SubmittedFacts, submitTo } from '../api/submit-job.js';
import type { JobFlags } from '../cli/job-options.js';
import { JobEnded } from '../submit/ended-job.js';
import { stackArguments } from './advice/command-lines.js';
import { adviceAfterEnd } from './advice/resume.js';

/** Refuses a dataset that is not there. Returns the absolute paths of its files on this machine. */
export const requireDatasetOf = (
  context: CliContext,
  datasets: readonly string[],
  flags: JobFlags,
): Promise<readonly string[]> => {
  const { signal, terminal } = context;
  return requireDataset(context, datasets, flags, { signal, tell: (sentence) => terminal.err(`${sentence}\n`) });
};

export async function submitFromFlags(
  context: CliContext,
  ports: StackPorts,
  submission: Submission,
): Promise<SubmittedFacts> {
  try {
    return await submitTo({ world: context, ports }, submission);
  } catch (error) {
    if (!(error instanceof JobEnded)) throw error;
    throw new JobEnded(error.ended, adviceAfterEnd(error, stackArguments(submission.flags)));
  }
}
