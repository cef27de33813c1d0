/** The exit codes of commands and their meaning stand in one table, which the help and the reference print. */
import { judgeJob, type Judged, type Success } from '../../core/pool/success.js';

export interface ExitCode {
  readonly code: number;
  /** The meaning after `run`, `watch` and `results`. */
  readonly ofJobs: string;
  /** The meaning after other commands. */
  readonly ofOthers: string;
}

const TABLE = {
  ok: {
    code: 0,
    ofJobs: 'The job is complete, and no more items failed than --max-failed allows.',
    ofOthers: 'The command did what it was asked to do.',
  },
  failed: {
    code: 1,
    ofJobs: 'The job failed, was cancelled, gave batches up, or has not ended.',
    ofOthers: 'Something is wrong; a message says what.',
  },
  misuse: {
    code: 2,
    ofJobs: 'The command line or its input is wrong; nothing was started.',
    ofOthers: 'The command line or its input is wrong; nothing was started.',
  },
  tooManyFailed: {
    code: 3,
    ofJobs: 'Too many items failed; without --max-failed: items failed and none is ok.',
    ofOthers: '-',
  },
  interrupted: {
    code: 130,
    ofJobs: 'Ctrl-C stopped the command; a job that was submitted goes on.',
    ofOthers: 'Ctrl-C stopped the command.',
  },
} as const satisfies Readonly<Record<string, ExitCode>>;

type Name = keyof typeof TABLE;

export const EXIT_CODES: readonly ExitCode[] = Object.values(TABLE);

export const EXIT = Object.fromEntries(Object.entries(TABLE).map(([name, { code }]) => [name, code])) as {
  readonly [Key in Name]: (typeof TABLE)[Key]['code'];
};

/** A shell reports this code for a program that wrote to a closed pipe (SIGPIPE). */
export const OUTPUT_CLOSED_EXIT_CODE = 141;

/** These lines end the program's help. */
export const EXIT_CODES_HELP = [
  'Exit codes of run, watch and results:',
  ...EXIT_CODES.map(({ code, ofJobs }) => `  ${String(code).padEnd(4)}${ofJobs.replace(/\.$/, '')}`),
].join('\n');

const CODES: Readonly<Record<Success, number>> = {
  success: EXIT.ok,
  'too-many-failed': EXIT.tooManyFailed,
  'no-success': EXIT.failed,
};

/** Returns the exit code with which `run`, `watch` and `results` report this job. */
export const exitCodeOf = (job: Judged): number => CODES[judgeJob(job)];
