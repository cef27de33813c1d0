/**
 * Turns what ended a command into a failure: the sentence for people, the object for programs, and the exit code.
 *
 * Invariants:
 * - With `--json` a command that does not end with 0 has printed an object at least: its own, or else that of its failure, as the last line.
 * - The object's message is the sentence on standard error, and its exit code is that of the process.
 */
import { CommanderError } from 'commander';
import { definedFields } from '../../core/defined-fields.js';
import {
  CommandFailed,
  factsOf,
  type FailureFacts,
  type FailureKind,
  isNetworkFailure,
  messageOf,
  SpotpoolError,
  UserError,
} from '../errors.js';
import { EXIT } from './exit-codes.js';
import { Interrupted } from './interrupts.js';

export interface Failure extends FailureFacts {
  readonly kind: FailureKind;
  readonly message: string;
  readonly exitCode: number;
}

/** This advice is true after every command. Commands that leave work undone add their own. */
const NETWORK_ADVICE = 'The stack could not be reached in several tries. Try again when it can be reached.';

/** Returns undefined when commander has printed what it was asked for, such as the help. */
export function failureOf(error: unknown, signal: AbortSignal): Failure | undefined {
  if (error instanceof CommanderError) return error.exitCode === 0 ? undefined : misuseOf(error);
  const reason: unknown = signal.reason;
  if (signal.aborted && reason instanceof Interrupted) {
    const { exitCode, message } = reason;
    return { kind: 'interrupted', message, exitCode, ...factsOf(error), ...factsOf(reason) };
  }
  const known = { ...jobOf(error), ...factsOf(error) };
  if (isNetworkFailure(error)) {
    const message = `${messageOf(error)}. ${NETWORK_ADVICE}`;
    return { kind: 'stack-unreachable', message, exitCode: EXIT.failed, ...known };
  }
  return { kind: kindOf(error), message: sentenceOf(error), exitCode: exitCodeOf(error), ...known };
}

/** A command that ended badly without an error, and without an object for programs, has said why on standard error. */
export const failureSaid = (exitCode: number, said: string): Failure => ({
  kind: exitCode === EXIT.misuse ? 'misuse' : 'failed',
  message: withoutPrefix(said.trim()),
  exitCode,
});

/** Returns the line for programs. */
export const failureJson = ({ kind, message, exitCode, job, hint }: Failure): string =>
  `${JSON.stringify({ error: { kind, message, exitCode, ...definedFields({ job, hint }) } })}\n`;

/** A command line is read before its options are known, so this looks for the word itself. */
export function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return argv.slice(0, end < 0 ? argv.length : end).includes('--json');
}

/** Commander's message may end with a line such as "(Did you mean --json?)". */
function misuseOf({ code, message }: CommanderError): Failure {
  if (code === 'commander.help') {
    return { kind: 'misuse', message: 'No command is given.', exitCode: EXIT.misuse, hint: USAGE };
  }
  const [said = '', ...more] = withoutValue(message).trim().split('\n');
  const hint = more.join(' ').replace(/^\((.*)\)$/, '$1');
  return { kind: 'misuse', message: withoutPrefix(said), exitCode: EXIT.misuse, hint: hint === '' ? USAGE : hint };
}

/** The value of an option that a command does not know may be a secret: "submit --notify=https://…". */
export const withoutValue = (text: string): string =>
  text.replace(/unknown option '(-[^=']*)=[\s\S]*'/, "unknown option '$1'");

const USAGE = 'Add --help for the usage.';

const withoutPrefix = (text: string): string => text.replace(/^error: /, '');

const kindOf = (error: unknown): FailureKind => (error instanceof SpotpoolError ? error.kind : 'failed');

const sentenceOf = (error: unknown): string => (error instanceof UserError ? error.message : messageOf(error));

function exitCodeOf(error: unknown): number {
  if (error instanceof UserError) return EXIT.misuse;
  return (error instanceof CommandFailed ? error.exitCode : undefined) ?? EXIT.failed;
}

function jobOf(error: unknown): FailureFacts {
  if (!(error instanceof SpotpoolError) || !('job' in error)) return {};
  return typeof error.job === 'string' ? { job: error.job } : {};
}
