/** Errors of writing the results, with the file and the reason. */
import { messageOf, systemCode, UserError } from '../errors.js';

/** The disk failed, not the command line. The results are still in the bucket. */
export class WriteFailed extends Error {
  override readonly name = 'WriteFailed';
}

/** These codes show before anything is written, and another command line avoids them. */
const MISUSE = new Set('ENOENT ENOTDIR EACCES EPERM EROFS ENAMETOOLONG ELOOP EISDIR'.split(' '));

/** The error of an output that cannot be opened: a `UserError` when another command line avoids it, else a `WriteFailed`. */
export function cannotWrite(out: string, error: unknown, directory: string): Error {
  const text = textOf(out, error, directory);
  return MISUSE.has(systemCode(error) ?? '') ? new UserError(text) : new WriteFailed(text, { cause: error });
}

/** The error of a write that had begun. It is always a `WriteFailed`, because the output could be opened. */
export function writeFailed(out: string, error: unknown, directory: string): Error {
  return systemCode(error) === undefined
    ? (error as Error)
    : new WriteFailed(textOf(out, error, directory), { cause: error });
}

const textOf = (out: string, error: unknown, directory: string): string =>
  `Cannot write the results to ${out}: ${reasonOf(error, directory)}.`;

function reasonOf(error: unknown, directory: string): string {
  switch (systemCode(error)) {
    case 'ENOENT':
      return `the directory ${directory} does not exist`;
    case 'ENOTDIR':
      return `${directory} is not a directory`;
    case 'ENOSPC':
      return 'the disk is full (ENOSPC)';
    case 'EDQUOT':
      return 'your disk quota is used up (EDQUOT)';
    case 'EROFS':
      return 'the disk is read-only (EROFS)';
    case 'EACCES':
    case 'EPERM':
      return `you have no permission to write in ${directory} (${systemCode(error)})`;
    case 'ENAMETOOLONG':
      return 'the file name is too long';
    default:
      return messageOf(error);
  }
}
