/** When each kind of failure is reported. The reference of the command line prints this table. */
import type { FailureKind } from '../errors.js';

export const FAILURE_KINDS: Readonly<Record<FailureKind, string>> = {
  misuse: 'The command line or its input is wrong; nothing was started.',
  'job-not-found': 'The stack has no such job, or not yet.',
  'job-differs': 'A job with this id exists, with another dataset, model or option.',
  'job-ended': 'The job has ended already, so there is nothing to do.',
  'job-not-ended': 'The job has not ended yet, and the command needs its end.',
  'stack-not-found': 'No stack is named, no local cloud is up, or the file names no stack.',
  'stack-unreachable': 'AWS or the local cloud did not answer in several tries.',
  'results-not-written': 'The results could not be written. They are still in the stack.',
  declined: 'The question whether to go on was answered with no; nothing was changed.',
  interrupted: 'Ctrl-C or another signal stopped the command.',
  failed: 'Something else is wrong; the message says what.',
};
