import { errorText } from '../core/error-text.js';
import { printableLines } from '../core/printable.js';

/**
 * The word by which a program tells one failure from another. The words are part of the interface of `--json` and of the TypeScript API, so a word never
 * changes its meaning. runner/cli/failure-kinds.ts says when each is used.
 */
export type FailureKind =
  | 'misuse'
  | 'job-not-found'
  | 'job-differs'
  | 'job-ended'
  | 'job-not-ended'
  | 'stack-not-found'
  | 'stack-unreachable'
  | 'results-not-written'
  | 'declined'
  | 'interrupted'
  | 'failed';

/** A failure that a program may want to handle. Its kind says which one it is. */
export class SpotpoolError extends Error {
  override readonly name: string = 'SpotpoolError';
  readonly kind: FailureKind = 'failed';
}

/** The user's input cannot work. The message says what is wrong, where, and what to do. The exit code is 2. */
export class UserError extends SpotpoolError {
  override readonly name: string = 'UserError';
  override readonly kind: FailureKind = 'misuse';
}

/** The stack has no job with this id, or not yet. */
export class JobNotFound extends UserError {
  override readonly name = 'JobNotFound';
  override readonly kind = 'job-not-found';
  constructor(
    readonly job: string,
    message: string,
  ) {
    super(message);
  }
}

/** No stack is named, or none is where it was looked for. */
export class StackNotFound extends UserError {
  override readonly name = 'StackNotFound';
  override readonly kind = 'stack-not-found';
}

/** AWS or the local cloud did not answer in several tries. */
export class StackUnreachable extends SpotpoolError {
  override readonly name = 'StackUnreachable';
  override readonly kind = 'stack-unreachable';
}

/** A command could not do what it was asked to do, for a reason that it knows. The exit code is 1, unless another one is given. */
export class CommandFailed extends SpotpoolError {
  override readonly name = 'CommandFailed';
  constructor(
    override readonly kind: FailureKind,
    message: string,
    readonly exitCode?: number,
  ) {
    super(message);
  }
}

/** The facts about a failure that its message may not say. */
export interface FailureFacts {
  /** The job that it is about. */
  readonly job?: string;
  /** The state of things, and how to go on. */
  readonly hint?: string;
}

const facts = new WeakMap<object, FailureFacts>();

/** Notes facts about an error that was thrown, for whoever reports it. What was noted first counts, because it was noted where more was known. */
export function noteFailure(error: unknown, noted: FailureFacts): void {
  if (typeof error === 'object' && error !== null) facts.set(error, { ...noted, ...facts.get(error) });
}

export const factsOf = (error: unknown): FailureFacts =>
  (typeof error === 'object' && error !== null ? facts.get(error) : undefined) ?? {};

/** EC2 shows no fleet of the stack. It was deleted, or it is in another region. */
export class FleetMissing extends Error {
  override readonly name = 'FleetMissing';
}

/** The message of anything that was thrown. AWS and models write such messages, so control characters are escaped. */
export function messageOf(error: unknown): string {
  return printableLines(errorText(error));
}

/** The code of a failed system call, such as `ENOENT`. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

const NETWORK_CODES = new Set(
  'ECONNRESET ECONNREFUSED EPIPE ETIMEDOUT ENOTFOUND EAI_AGAIN EHOSTUNREACH ENETUNREACH'.split(' '),
);

/** True when AWS could not be reached or did not answer in time, after all retries of the SDK. */
export function isNetworkFailure(error: unknown): boolean {
  return NETWORK_CODES.has(systemCode(error) ?? '') || (error instanceof Error && error.name === 'TimeoutError');
}
