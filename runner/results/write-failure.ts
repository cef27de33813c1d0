/** The results could not be written: named with the file and the reason. */
import { messageOf, systemCode, UserError } from '../errors.js';

/** The disk, not what was asked: the results are still where they were computed. */
export class WriteFailed extends Error {
  override readonly name = 'WriteFailed';
}

/** These are seen before anything is written, and the command line can mend them. */
const MISUSE = new Set('ENOENT ENOTDIR EACCES EPERM EROFS ENAMETOOLONG ELOOP EISDIR'.split(' '));

/** Gives a `UserError`, or a `WriteFailed` when the command line is not to blame. */
export function cannotWrite(out: string, error: unknown, directory: string): Error {
  const text = textOf(out, error, directory);
  return MISUSE.has(systemCode(error) ?? '') ? new UserError(text) : new WriteFailed(text, { cause: error });
}

/** When it had begun, whatever the reason: what was asked for could be done a moment ago. */
export function writeFailed(out: string, error: unknown, directory: string): Error {
  return systemCode(error) === undefined
    ? (error as Error)
    : new WriteFailed(textOf(out, error, directory), { cause: error });
}

const textOf = (out: string, error: unknown, directory: string): string =>
  `The results cannot be written to ${out}: ${reasonOf(error, directory)}.`;

function reasonOf(error: unknown, directory: string): string {
  switch (systemCode(error)) {
    case 'ENOENT':
      return `there is no directory ${directory}`;
    case 'ENOTDIR':
      return `${directory} is no directory`;
    case 'ENOSPC':
      return 'no space is left on that disk (ENOSPC)';
    case 'EDQUOT':
      return 'your share of that disk is used up (EDQUOT)';
    case 'EROFS':
      return 'that disk can only be read (EROFS)';
    case 'EACCES':
    case 'EPERM':
      return `you may not write in ${directory} (${systemCode(error)})`;
    case 'ENAMETOOLONG':
      return 'that name is too long';
    default:
      return messageOf(error);
  }
}
