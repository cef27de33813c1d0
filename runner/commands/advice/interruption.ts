/**
 * Sentences for a command that ends before its job: the work that is left, and how to go on. A sentence is printed only where it is known to be true.
 */
import type { SubmitProgress } from '../../api/submit-job.js';
import type { JobProgress } from '../../controller/report.js';
import { plural } from '../../display/format.js';
import { canBeResumed, hasEnded } from '../../status/job-state.js';
import { brokenOffText } from '../../follow/broken-off.js';
import { resumeSubmitText, resumeText } from './resume.js';

/** The progress of a command that submits a job. */
export interface CommandProgress extends SubmitProgress {
  /** It is set once the whole job is submitted. */
  job?: string;
  /** It is set once the results are in this file. */
  resultsFile?: string;
}

export interface Interruption extends Readonly<CommandProgress> {
  /** `Stopped` when the user stopped the command, and `Broken off` when something else did. */
  readonly how: 'Stopped' | 'Broken off';
  /** True when the job is in a local cloud of the command's own, which ends with the command. */
  readonly own: boolean;
  /** True when the data of that local cloud outlives it, so that the same command goes on. */
  readonly isKept: boolean;
  /** True when the stack has a controller of its own. */
  readonly controlled: boolean;
  /** Undefined when there is no job, or when it could not be read. */
  readonly progress: JobProgress | undefined;
  /** The options that name the same stack again, with a space before them. */
  readonly where: string;
}

export function interruptionLines(left: Interruption): readonly string[] {
  if (left.own) return ownCloudLines(left);
  if (left.job === undefined) return unsubmittedLines(left);
  return lastingLines(left, left.job);
}

function ownCloudLines({ how, begun, job, isKept, progress, resultsFile }: Interruption): readonly string[] {
  if (resultsFile !== undefined) {
    return [`${how} when the results were in ${resultsFile}. The local cloud of this command ends with its instances.`];
  }
  const id = job ?? begun?.job;
  const done =
    job === undefined
      ? `${how} before the dataset was submitted: nothing was computed.`
      : `${how}${ownDone(progress, isKept)}`;
  if (!isKept || id === undefined) {
    return [
      done,
      'The local cloud of this command ends with its instances and its data. No results file was written.',
      'To start again, run the same command. For a local cloud that stays up: spotpool local up',
    ];
  }
  return [
    done,
    'The local cloud of this command ends with its instances. No results file was written.',
    `To go on with job ${id}, run the same command again. To begin another job instead, add --new. To remove what is kept: spotpool local rm ${id}`,
  ];
}

function ownDone(progress: JobProgress | undefined, isKept: boolean): string {
  const fate = isKept ? 'kept' : 'lost';
  if (progress === undefined) return `. All finished results are ${fate}.`;
  return `: ${doneText(progress, 'left undone')}${progress.batches.done > 0 ? ` The finished results are ${fate}.` : ''}`;
}

function unsubmittedLines({ how, begun, progress, where }: Interruption): readonly string[] {
  if (begun === undefined) return [`${how} before anything was sent: no job was begun.`];
  const { job, follows } = begun;
  if (follows !== undefined) {
    return [`${how} while ${follows} was submitting job ${job}. This command has changed nothing of that job.`];
  }
  const sent =
    progress === undefined
      ? []
      : [`Running instances compute the batches that are in the queue. To stop them: spotpool cancel ${job}${where}`];
  return [
    `${how} before the whole job ${job} was submitted. To go on from there, run the same command again with --id ${job}.`,
    ...sent,
  ];
}

function lastingLines(left: Interruption, job: string): readonly string[] {
  const { how, progress, resultsFile, where } = left;
  const commands = [
    `  watch it again:   spotpool watch ${job}${where}`,
    `  fetch results:    spotpool results ${job}${where}`,
    `  stop the job:     spotpool cancel ${job}${where}`,
  ];
  if (resultsFile !== undefined) return [`${how} when the results of job ${job} were in ${resultsFile}.`];
  if (progress === undefined) {
    return [`${how}. Job ${job} is in the stack, but its state could not be read in time.`, ...commands];
  }
  if (hasEnded(progress)) return [`${how}. ${endedText(progress, where)}`];
  if (progress.brokenOff !== undefined) return [brokenOffText(progress), resumeSubmitText(progress, where)];
  return [`${how} following. ${goesOnText(left, progress)}`, ...commands];
}

function endedText(progress: JobProgress, where: string): string {
  const { job, state, batches } = progress;
  const goOn = canBeResumed(progress) ? `\n${resumeText(progress, where)}` : '';
  const results = batches.done === 0 ? 'It has no results.' : `Its results: spotpool results ${job}${where}`;
  return `Job ${job} is ${state}. ${results}${goOn}`;
}

/** Running workers need no controller (R8). Without one, no new instance starts. */
function goesOnText({ controlled }: Interruption, progress: JobProgress): string {
  const done = doneText(progress);
  return controlled
    ? `Job ${progress.job} goes on without this command: ${done}`
    : `Running instances go on with job ${progress.job}: ${done} The stack has no controller of its own, so no instance starts while nobody follows the job.`;
}

/** `left` names the state of the other batches: some will be computed, and some never will. */
function doneText({ batches }: JobProgress, left = 'left'): string {
  const more = batches.total - batches.done;
  const are = batches.done === 1 ? 'is' : 'are';
  return `${batches.done} of ${plural(batches.total, 'batch', 'batches')} ${are} done, ${more} ${more === 1 ? 'is' : 'are'} ${left}.`;
}
