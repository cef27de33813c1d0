/**
 * The sentences about what is left undone when a command ends before its job, and how to go on. Each sentence is printed only where it is true: what nobody has looked at is
 * not claimed. Pure.
 */
import type { JobProgress } from '../../controller/report.js';
import { plural } from '../../display/format.js';
import { hasEnded } from '../follow/follower.js';
import { brokenOffText, resumeSubmitText } from './resume.js';

/** How far a command came. */
export interface CommandProgress {
  /** Its submit has begun to write, or follows another one of the same job, which somebody else gave. */
  begun?: { readonly job: string; readonly follows?: string };
  /** Once it is submitted whole. */
  job?: string;
  /** Once the results are in it. */
  resultsFile?: string;
}

export interface Interruption extends Readonly<CommandProgress> {
  /** The person stopped it, or something else did. */
  readonly how: 'Stopped' | 'Broken off';
  /** The job is in a local cloud of the command's own, which ends with it. */
  readonly own: boolean;
  /** The stack has a controller of its own. */
  readonly controlled: boolean;
  /** Undefined when there is no job, or it could not be looked at. */
  readonly progress: JobProgress | undefined;
  /** The options that name the same stack again. */
  readonly where: string;
}

export function interruptionLines(left: Interruption): readonly string[] {
  if (left.own) return ownCloudLines(left);
  if (left.job === undefined) return unsubmittedLines(left);
  return lastingLines(left, left.job);
}

function ownCloudLines({ how, job, progress, resultsFile }: Interruption): readonly string[] {
  if (resultsFile !== undefined) {
    return [`${how} when the results were in ${resultsFile}. The local cloud of this command ends, and its instances.`];
  }
  return [
    job === undefined ? `${how} before the dataset was submitted: nothing was computed.` : `${how}${ownDone(progress)}`,
    'The local cloud of this command ends, with its instances and what it holds; no results file was written.',
    'To go on: run the same command again. For work that outlives the command: spotpool local up',
  ];
}

const ownDone = (progress: JobProgress | undefined): string =>
  progress === undefined
    ? '. Whatever was computed is lost.'
    : `: ${doneText(progress, 'left undone')}${progress.batches.done > 0 ? ' What was done is lost.' : ''}`;

function unsubmittedLines({ how, begun, progress, where }: Interruption): readonly string[] {
  if (begun === undefined) return [`${how} before anything was sent: no job was begun.`];
  const { job, follows } = begun;
  if (follows !== undefined) {
    return [
      `${how} while another submit of job ${job}, by ${follows}, was at work; this command has changed nothing of it.`,
    ];
  }
  const sent =
    progress === undefined
      ? []
      : [
          `What was put into the queue is computed where instances are up. To stop that: spotpool cancel ${job}${where}`,
        ];
  return [
    `${how} before job ${job} was submitted whole. To go on from there, give the same command again with --id ${job}.`,
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
    return [`${how}. Job ${job} is in the stack; how it is now could not be read in time.`, ...commands];
  }
  if (hasEnded(progress)) return [`${how}. ${endedText(progress, where)}`];
  if (progress.brokenOff !== undefined) return [brokenOffText(progress), resumeSubmitText(progress, where)];
  return [`${how} following. ${goesOnText(left, progress)}`, ...commands];
}

function endedText({ job, state, batches }: JobProgress, where: string): string {
  const results = batches.done === 0 ? 'It has no results.' : `Its results: spotpool results ${job}${where}`;
  return `Job ${job} is ${state}. ${results}`;
}

/** Workers that are up need nobody (R8); but nobody else starts one where the stack has no controller. */
function goesOnText({ controlled }: Interruption, progress: JobProgress): string {
  const done = doneText(progress);
  return controlled
    ? `Job ${progress.job} goes on without this command: ${done}`
    : `Instances that are up go on with job ${progress.job}: ${done} The stack has no controller of its own, so none is started while nobody follows it.`;
}

/** Where nobody goes on, what is left is left undone. */
function doneText({ batches }: JobProgress, left = 'left'): string {
  const more = batches.total - batches.done;
  const are = batches.done === 1 ? 'is' : 'are';
  return `${batches.done} of ${plural(batches.total, 'batch', 'batches')} ${are} done, ${more} ${more === 1 ? 'is' : 'are'} ${left}.`;
}
