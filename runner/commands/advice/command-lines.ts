/** Sentences about files of results, and the commands that a message gives to be copied. Pure. */
import path from 'node:path';
import type { StackFlags } from '../../cli/stack-options.js';
import { shellQuote } from '../../local-cloud/user-data.js';
import { stackArguments } from './report-interruption.js';

const PLAIN_WORD = /^[\w./:@%+,=-]+$/;

const shellWord = (text: string): string => (PLAIN_WORD.test(text) ? text : shellQuote(text));

export interface ResultsCommand {
  readonly job: string;
  /** Absent: the default. */
  readonly out?: string | undefined;
  readonly flags: StackFlags;
  /** The local cloud is not where the user's shell looks for it. */
  readonly stateDirectory?: string | undefined;
}

export const resultsCommandLine = ({ job, out, flags, stateDirectory }: ResultsCommand): string =>
  `${stateVariable(stateDirectory)}spotpool results ${job}${stackArguments(flags)}${out === undefined ? '' : ` --out ${shellWord(out)}`}`;

export const stateVariable = (directory: string | undefined): string =>
  directory === undefined ? '' : `SPOTPOOL_HOME=${shellWord(directory)} `;

export function movedText(movedTo: string, cwd: string): string {
  const short = path.relative(cwd, movedTo);
  return `Earlier results of another job were moved to ${short.startsWith('..') ? movedTo : short}.`;
}
