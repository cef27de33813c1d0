/** Command lines that messages print for users to copy. */
import path from 'node:path';
import type { StackFlags } from '../../cli/stack-options.js';
import type { ResultsFlags } from '../output-world.js';
import { shellQuote } from '../../local-cloud/user-data.js';

const PLAIN_WORD = /^[\w./:@%+,=-]+$/;

/** Quotes a word of a command line when a shell would read it otherwise. */
export const shellWord = (text: string): string => (PLAIN_WORD.test(text) ? text : shellQuote(text));

/** Returns the options that name the same stack again, with a space before them. */
export function stackArguments({ local, stack }: StackFlags): string {
  if (local) return ' --local';
  return stack === undefined ? '' : ` --stack ${shellWord(stack)}`;
}

export interface ResultsCommand {
  readonly job: string;
  /** Absent when the command chooses the file. */
  readonly out?: string | undefined;
  /** The other options of the results, as they were given. */
  readonly results?: Omit<ResultsFlags, 'out'>;
  readonly flags: StackFlags;
  /** Present when the user's shell would look for the local cloud elsewhere. */
  readonly stateDirectory?: string | undefined;
}

export const resultsCommandLine = ({ job, out, results = {}, flags, stateDirectory }: ResultsCommand): string =>
  `${stateVariable(stateDirectory)}spotpool results ${job}${stackArguments(flags)}${out === undefined ? '' : ` --out ${shellWord(out)}`}${resultsArguments(results)}`;

function resultsArguments({
  outFormat,
  partSize,
  jsonColumns,
  only,
  withInput,
  withSource,
  ids,
  failedOut,
  force,
}: Omit<ResultsFlags, 'out'>): string {
  const words = [
    ...(outFormat === undefined ? [] : ['--out-format', outFormat]),
    ...(partSize === undefined ? [] : ['--part-size', `${partSize / 1e6}MB`]),
    ...(jsonColumns === true ? ['--json-columns'] : []),
    ...(only === undefined ? [] : ['--only', only]),
    ...(withInput === true ? ['--with-input'] : []),
    ...(withSource === true ? ['--with-source'] : []),
    ...(ids === false ? ['--no-ids'] : []),
    ...(failedOut === undefined ? [] : ['--failed-out', shellWord(failedOut)]),
    ...(force ? ['--force'] : []),
  ];
  return words.map((word) => ` ${word}`).join('');
}

export const stateVariable = (directory: string | undefined): string =>
  directory === undefined ? '' : `SPOTPOOL_HOME=${shellWord(directory)} `;

export function movedText(movedTo: string, cwd: string): string {
  const short = path.relative(cwd, movedTo);
  return `Earlier results of another job were moved to ${short.startsWith('..') ? movedTo : short}.`;
}
