import { errorText } from '../core/error-text.js';
import { printableLines } from '../core/printable.js';

/** The user's input cannot work. The message says what is wrong, where, and what to do. The exit code is 2. */
export class UserError extends Error {
  override readonly name = 'UserError';
}

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
