import { errorText } from '../core/error-text.js';
import { printableLines } from '../core/printable.js';

/** Misuse: what was given cannot work. The message says what, where, and what to do; the exit code is 2. */
export class UserError extends Error {
  override readonly name = 'UserError';
}

/** EC2 shows no fleet of the stack: it was deleted, or is of another region. */
export class FleetMissing extends Error {
  override readonly name = 'FleetMissing';
}

/** The text of anything that was thrown, for people: AWS and models have their words in it. */
export function messageOf(error: unknown): string {
  return printableLines(errorText(error));
}

/** `ENOENT` and the like, when a system call failed. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

const NETWORK_CODES = new Set(
  'ECONNRESET ECONNREFUSED EPIPE ETIMEDOUT ENOTFOUND EAI_AGAIN EHOSTUNREACH ENETUNREACH'.split(' '),
);

/** AWS was not reached, or did not answer in time, however often it was asked. */
export function isNetworkFailure(error: unknown): boolean {
  return NETWORK_CODES.has(systemCode(error) ?? '') || (error instanceof Error && error.name === 'TimeoutError');
}
